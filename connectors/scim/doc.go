// Package scim gives and takes membership in the groups of a SCIM 2.0 service
// (RFC 7643, RFC 7644). It covers every application that maps groups to roles
// and accepts SCIM; docs/connectors/scim.md has recipes.
//
// The package must never create, change or delete a user or a group, never
// touch a member other than the one it was asked about, never take a filter's
// answer for the truth without looking at it, and never show its token.
//
// # Configuration
//
//	connectors:
//	  metrics:
//	    kind: scim
//	    url: https://metrics.example.com/scim/v2
//	    token: env:METRICS_SCIM_TOKEN
//	    account: userName     # the attribute that holds the grant's account: userName (default), externalId or emails.value
//	    patch: filter         # how the service takes a member away: filter (default), value or put
//	    sessions: 12h         # for how long sessions outlive the membership; then the end is residual until then
//
// # Target
//
//	target:
//	  group: sre-readers      # its displayName; or
//	  group_id: "e9e30dba"    # its id, which a renaming does not change
//
// # Dialects
//
// RFC 7644 removes one member with the path members[value eq "ID"]; that is
// "filter". Some services take the path "members" with a value list instead
// ("value"), and some no PATCH at all: "put" writes the whole group back, under
// If-Match with the version that was read, and refuses to where the service has
// no versions, since a concurrent change would be lost.
//
// # Least privilege
//
// A token that may read users and read and write groups. It need not be able
// to write users.
package scim
