// Package peoplefile is the directory source for people kept in a file,
// people.yaml or people.csv: who works here, who manages whom, who is in which
// group. It serves teams without an identity provider, nightly exports, tests,
// and the demo.
//
// It never gives part of a file: a file is read whole or not at all, and each
// mistake is named with its line.
package peoplefile
