// Package contract is the JSON contract between Hallpass and a user's own
// script or HTTPS endpoint: one document in, one document out, for each
// operation of a connector. Packages exec and webhook carry it.
//
// What is asked:
//
//	{"version": 1,
//	 "operation": "grant",                  // grant, revoke, check, list, set_end, end_sessions or validate
//	 "connector": "warehouse",              // its name in hallpass.yaml
//	 "entitlement": "warehouse:read",
//	 "target": {"schema": "sales"},         // as the catalogue says
//	 "grant": "gr_01…",                     // not for list and validate: the idempotency key
//	 "account": "maya@example.com",         // likewise
//	 "ends_at": "2026-11-22T11:00:00Z",     // set_end, and grant when the end is known
//	 "receipt": {"membership": "42"}}       // what grant answered; may be absent when that answer was lost
//
// What is answered, each operation with its own fields:
//
//	grant         {"receipt": {"membership": "42"}}              receipt may be left out
//	revoke        {"sessions_ended": 2, "residual_until": "2026-11-22T11:30:00Z", "reason": "cached tokens"}   all may be left out
//	check         {"present": true, "sessions": 1, "detail": "member of sales_ro"}       present is required
//	list          {"holders": ["maya@example.com"]}              required, [] for nobody
//	set_end       {}
//	end_sessions  {"sessions_ended": 2}
//	validate      {}
//	any           {"error": {"kind": "retryable", "message": "The warehouse is being restarted.", "after_seconds": 30}}
//
// The kinds of error are retryable (nothing happened), ambiguous (it may have
// happened: Hallpass reads back), permanent (trying again cannot help) and
// misconfigured (an operator must mend something).
//
// Every operation may come twice and must then have one effect: a grant that
// is there already and a revocation of what is gone already are successes.
// Check must ask the system itself: Hallpass calls access revoked only after
// it answered {"present": false}.
//
// The package must never take an answer that it does not fully understand for
// a success: an unknown field, a missing required one or a second document is
// an error, so that a misspelt "residual_until" is not a clean end.
package contract
