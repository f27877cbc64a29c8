// Package analytics counts the past and says what a policy could learn from
// it: permits that people's decisions speak for, permits that nobody uses, who
// has the same access, who stopped renewing, and what was granted and never
// used. What it finds is a report for people to judge.
//
// It is pure and has the standard library alone. It must never decide or apply
// anything: nothing that decides imports it, and what it proposes is text. It
// must never take an automatic decision for a person's, count an emergency, or
// propose anything for access of high sensitivity. What is not known is said
// to be not known, and speaks against a proposal, never for one.
package analytics
