// Package check asks a user's own services yes-or-no questions about a request:
// is the training complete, is the device healthy, is the change window open,
// is the ticket open. Each question is one signed HTTPS POST.
//
// The package must never guess: a service that is slow, down, redirects, or
// answers in another form has not answered, and what it was asked is absent
// from the facts. It must never hold a request up for longer than its time
// limit, never keep an answer for longer than the service and the
// configuration allow, and never send what a person wrote.
//
// # Configuration
//
//	checks:
//	  training:
//	    url: https://learning.example.com/hallpass
//	    key: env:TRAINING_KEY      # signs each question, as for webhooks
//	    cache: 5m                  # for how long a yes may be kept; default: not at all
//	    timeout: 2s
//	    private: [10.20.0.0/16]
//
// The catalogue says which entitlement asks which checks; policies read
// context.checks_passed and context.checks_failed. A check that did not answer
// is in neither, so write permits with checks_passed, and forbids with unless.
//
// # Question and answer
//
//	{"version": 1, "check": "training", "at": "2026-11-22T09:00:00Z",
//	 "beneficiary": "maya@example.com", "requester": "maya@example.com",
//	 "entitlement": "billing-db:read-only", "system": "postgres-prod",
//	 "duration_minutes": 60, "ticket": "INC-4312"}
//
//	{"passed": true, "until": "2026-12-31T00:00:00Z", "detail": "SOX training of 2026"}
//
// A no is kept for no longer than a minute, so that somebody who mends what is
// wrong need not wait.
package check
