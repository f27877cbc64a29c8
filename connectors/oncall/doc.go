// Package oncall asks an on-call service who is on duty in a schedule now, so
// that "on-call:SCHEDULE" may stand among the approvers of an entitlement. It
// speaks to PagerDuty, to Opsgenie, and to what is compatible with either.
//
// The package must never answer from memory, never name somebody whom the
// directory does not have, and never take a part of an answer for the whole:
// when it cannot be told who is on duty, nobody is.
//
// # Configuration
//
//	on_call:
//	  provider: pagerduty        # or opsgenie
//	  key: env:PAGERDUTY_KEY
//	  url: https://api.pagerduty.com   # the provider's own; Opsgenie's in Europe is https://api.eu.opsgenie.com
//
// In the catalogue, PagerDuty's schedules go by their id ("on-call:PI7DH85"),
// Opsgenie's by their name ("on-call:database-primary").
//
// # Least privilege
//
// PagerDuty: a read-only REST key. Opsgenie: an API integration with "read"
// alone, and "configuration access" off.
package oncall
