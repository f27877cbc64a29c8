// Package scorecard is the arithmetic of the risk score: smoothed cells of
// human decisions become terms in log-odds, terms are weighted with
// non-negative weights and added up, and the sum becomes integer points and a
// likelihood in parts per million.
//
// Everything is integer fixed point with its own logarithm, so that the same
// counts and the same weights give the same bytes on every processor. The
// package must never use floating point where a score is computed, never read
// anything but its arguments, and never know what an attribute means.
package scorecard
