// Package peoplefile is a directory kept in a file, people.yaml or people.csv:
// who works here, who manages whom, who is in which group. It serves teams
// without an identity provider, tests, and the demo.
//
// It never answers from half a file: a file loads whole or not at all, the
// running snapshot stays until the next one passes, and a file that has lost
// most of its people is taken for an accident and refused.
package peoplefile
