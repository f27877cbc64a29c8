// Package scoring turns the facts of a request into advice: a whole number
// from 0 to 100 with named reasons, and the likelihood that a person would
// refuse. It keeps an index of people, holdings and human decisions in memory,
// counts what the past and the peers say of a request, and computes the score
// from those counts alone, so that anyone can compute it again from what is
// stored.
//
// The package never decides anything. It never learns from automatic
// decisions, never reads free text such as reasons or names, and never takes
// an attribute from a request: attributes come from the directory.
package scoring
