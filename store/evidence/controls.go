package evidence

// Control is a question of a quarterly user access review, and where each
// request answers it.
type Control struct {
	Question, Answer, Column string
	Frameworks               string
}

// controls are the questions. The same table, with commands, is in
// docs/controls.md.
var controls = []Control{
	{"Who has access, to what?", "Every request names the person, the entitlement and the system; access without a grant is reported as drift.", "beneficiary, entitlement, system", "SOC 2 CC6.1–6.2 · ISO 27001 A.5.15, A.5.18 · AC-2"},
	{"Does the person still need it?", "Access ends by itself at a time that was fixed when it was given; whoever still needs it asks again, with a reason.", "asked, ends_at, end_reason", "SOC 2 CC6.3 · ISO 27001 A.5.18 · AC-2(3) · NHI1"},
	{"Who approved it, and were they allowed to?", "The people or the policy whose yes it rests on, the policies that let them answer, and a refusal of everybody deciding for themselves.", "approved_by, deciders, policies", "SOX ITGC access · SOC 2 CC6.2 · AC-5, AC-6"},
	{"On what was it decided?", "The facts of that moment are stored under a digest that the log has; anybody can decide again.", "facts_digest, score, policy_digest", "SOC 2 CC6.1 · AC-6(1)"},
	{"Was what was approved what was given?", "The grant is made from the approved request, and the system was read back before the clock started.", "active_at, start_read_back", "SOX ITGC access · SOC 2 CC6.2 · ISO 27001 A.5.18"},
	{"Was it taken away, in time?", "The end is recorded after the system was read back; what is late is an exception.", "ended_at, end_read_back, late_seconds", "SOX ITGC access · SOC 2 CC6.3 · AC-2(3) · NHI1"},
	{"Is privileged access restricted?", "Sensitivity decides how many people are asked, and for how long at most; break-glass is reviewed by somebody else, each time.", "sensitivity, approved_by", "ISO 27001 A.8.2 · AC-6(5), AC-6(7)"},
	{"Were duties kept apart?", "What may not be held together is refused or asked about, and who gains by it never decides.", "exceptions", "SOX ITGC · SOC 2 CC6.3 · ISO 27001 A.5.3 · AC-5"},
	{"Were the rules themselves changed properly?", "Each set of policies that was in force has its digest, its commit and its text.", "policy_digest, policy_commit", "SOX ITGC change · SOC 2 CC8.1"},
	{"Is the list complete, and was it changed since?", "It is counted twice, hashed, signed, and the log's part is in the folder.", "first_event, last_event", "SOX ITGC completeness and accuracy"},
}
