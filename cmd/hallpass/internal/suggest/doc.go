// Package suggest puts together what approvals/analytics counts with the access
// folder as it is: it turns patterns into permits that load, decides the past
// again with them, and keeps those that flip no denial.
//
// It reads, and returns text. It must never write to the access folder or the
// database, and nothing that decides may import it.
package suggest
