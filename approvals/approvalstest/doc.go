// Package approvalstest holds doubles of what approvals.Service needs: a store
// in memory that keeps the promises of approvals.Store, and a directory, a
// catalogue, a policy and a scorer whose answers a test sets. World puts them
// together around a small organisation.
//
// The doubles are as strict as the real things: the store refuses stale
// versions, taken keys and changes without an audit event. The package must
// never be imported by code that ships.
package approvalstest
