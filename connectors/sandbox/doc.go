// Package sandbox is a fictional target system and the connector to it: a few
// resources with members, levels and open sessions, kept in memory and, if
// asked, in one file, and shown on a page. The demo provisions into it, and
// tests break it on purpose.
//
// It behaves as real systems do where that matters for ending access: a
// session that is open when its membership goes keeps working until somebody
// ends it; a native end date is applied by the system's own sweep, some time
// late; access given by hand is there before anybody asked.
//
// The package must never guard anything real: whoever reaches its page can
// try any account. It never answers before its truth is on disk, and never
// counts grants: it removes what it is told to remove. Who still backs a
// holding is the caller's to know.
//
// # Target
//
// A catalogue entry names what to give with two keys, both needed:
//
//	target:
//	  resource: billing-db   # one of Config.Resources
//	  level: read-only       # one of that resource's levels
//
// # Least privilege
//
// None is needed: the system lives in this process. With Config.File, the
// process must be able to create, write and rename files in that folder:
//
//	install -d -m 0700 -o hallpass -g hallpass /var/lib/hallpass
package sandbox
