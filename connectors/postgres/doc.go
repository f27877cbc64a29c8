// Package postgres gives and takes membership in PostgreSQL group roles, in a
// real server, through pgx. It needs PostgreSQL 14 or later.
//
// Ending access takes more than REVOKE: a session that has done SET ROLE keeps
// the group's rights until it disconnects. So the end is REVOKE, then
// pg_terminate_backend on every session of that login, then a read-back. The
// server does not tell who has done SET ROLE, so sessions that do other work
// under the same login end too; people reconnect and keep what else they may.
//
// The package must never drop, disable or set an end for a login that it did
// not create, never build SQL from a name that the driver has not quoted, and
// never show its connection string: it holds a password.
//
// # Target
//
//	target:
//	  role: billing_ro      # a group role (NOLOGIN) that exists and holds the grants
//	  database: billing     # optional: Validate checks that the role may connect to it
//	  create_login: "true"  # optional: make the person's login if there is none
//
// The person's login is the grant's account, or its part before the @ when
// Config.Domain is the part after it. A login that is there already keeps all
// it has: only the membership comes and goes, and PostgreSQL has no end date
// for a membership, so SetEnd does nothing. A login that Hallpass creates says
// so in its comment, has VALID UNTIL, and at its last membership's end becomes
// NOLOGIN, loses its sessions, and is dropped; if it owns objects it stays
// behind, disabled. It has no password: people prove themselves by what
// pg_hba.conf asks of them (cert, ldap, gss), or an administrator sets one.
// VALID UNTIL stops passwords only and ends no session. It is the net below
// the revocation, not a substitute for it.
//
// # Least privilege
//
// The bot's own login is no superuser. Once per server:
//
//	CREATE ROLE hallpass LOGIN PASSWORD '…';
//	GRANT pg_signal_backend TO hallpass;  -- to end sessions; does not reach superusers
//
// Once per group role, on PostgreSQL 14 and 15:
//
//	GRANT billing_ro TO hallpass WITH ADMIN OPTION;
//
// From 16 on, the right to hand it out comes without the right to use it:
//
//	GRANT billing_ro TO hallpass WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
//
// Only for create_login:
//
//	ALTER ROLE hallpass CREATEROLE;
//
// Up to 15, CREATEROLE may alter any role that is no superuser: leave it out
// there unless you need it. From 16 on it reaches only the roles that hallpass
// itself created, and REVOKE takes back only what hallpass itself granted: a
// membership that somebody else granted besides stays, and Revoke says so.
//
// # Many databases, and TLS
//
// Roles are the server's, so one connector serves all its databases, and the end
// is the end in each; a login of our own that owns something in any of them stays
// behind, disabled. Another machine is spoken to under TLS only, unless
// Config.Plain says that the network is trusted.
//
// Connect straight to the server, to a database in which the people concerned
// may not create functions; the connector pins search_path to pg_catalog.
package postgres
