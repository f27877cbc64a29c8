// Package example is a connector to copy: membership in the groups of a small
// HTTPS service, with all that the lifecycle relies on and nothing besides.
// docs/connectors/writing-one.md walks through it.
//
// The package must never show its token, and never take an answer of a change
// for the truth: what Check reads is. Replace this paragraph by what yours must
// never do.
//
// # Configuration
//
//	url:   https://groups.example.com
//	token: env:GROUPS_TOKEN
//
// # Target
//
//	target:
//	  group: readers
//
// # Least privilege
//
// A token that may read all groups, and change the members of those that the
// catalogue names:
//
//	{"allow": [{"action": "read", "groups": ["*"]}, {"action": "members:write", "groups": ["readers"]}]}
package example
