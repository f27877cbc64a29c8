// Package directorytest is the conformance suite of directory sources: people
// arrive as the system has them, and what is old, empty or half there makes
// nobody lose or gain anything.
//
// It must never be imported by code that ships.
package directorytest
