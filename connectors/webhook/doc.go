// Package webhook gives and takes access through a user's own HTTPS endpoint,
// in the JSON contract of package contract: each operation is one signed POST.
//
// The package must never follow a redirect, never call an address that is not
// public unless its range is allowed by name, never take an answer that breaks
// the contract for a success, and never show the address, which may hold a
// token, or the key.
//
// # Configuration
//
//	connectors:
//	  warehouse:
//	    kind: webhook
//	    url: https://access.example.com/hallpass
//	    key: env:WAREHOUSE_KEY          # signs each call; at least 16 bytes
//	    private: [10.20.0.0/16]         # ranges that may be called besides public addresses
//	    operations: [set_end, end_sessions, validate]   # those of the optional ones that the endpoint has
//
// # Answers
//
//	200            the contract's answer; also one that holds an error
//	409, 503       busy: nothing was done, it is tried again
//	429            likewise, after Retry-After
//	400, 422       refused for good, unless the body is a contract's error
//	401, 403, 404  and redirects: an operator must mend the configuration
//	other          nobody knows: Hallpass reads back
//
// # Least privilege
//
// The endpoint verifies the header Hallpass-Signature, "t=SECONDS,v1=HEX" with
// HEX the HMAC-SHA256 under the key over SECONDS, a dot, and the body, and
// refuses what is more than five minutes off its clock (outbound.Verify does
// it in Go). It needs the right to change membership in what the catalogue
// names, and no other.
package webhook
