package prompts

import "strings"

// kindWords are the only words that may say what kind of access it is. An
// access level is named by whoever writes the catalogue, so its name could
// carry an instruction; a closed list cannot.
var kindWords = func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(`
		access account admin administrator agent analyst application audit auditor backup billing bucket build cluster
		console contributor dashboard data database debug debugger deploy deployer developer editor execute exec full group
		guest impersonate issue key list listing logs machine maintain maintainer manage manager member metrics monitor monitoring
		namespace network node only operator organization owner pipeline pod poweruser power post production project publish publisher
		pull push query read reader release replication reports repository resource restore role root rollback run schema secret
		secrets select server service session shell ssh staging storage sudo super superuser support system table team triage
		update upload use user vault view viewer virtual vpn write writer and`) {
		words[word] = true
	}
	return words
}()

// KindOf returns the kind of access that a level's name speaks of, such as
// "read only access" for "read-only", and "access" when a word of it is not on
// the closed list of words that may be sent. The result always passes as
// SummaryInput.Kind.
func KindOf(level string) string {
	words := strings.FieldsFunc(strings.ToLower(level), func(r rune) bool { return r == '-' || r == '_' || r == ' ' || r == '.' || r == '/' })
	kind := strings.Join(append(words, "access"), " ")
	if breaksKind(kind) != "" {
		return "access"
	}
	return kind
}

// breaksKind returns the rule that a kind breaks, or "".
func breaksKind(kind string) string {
	if rule := breaksWords(kind, maxKind); rule != "" {
		return rule
	}
	for word := range strings.FieldsSeq(kind) {
		if !kindWords[word] {
			return "holds a word that is not one of those known for access"
		}
	}
	return ""
}
