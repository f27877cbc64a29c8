// Package backtest measures the score on decisions that people took, and fits
// its weights to them: how well it tells refusals from approvals, whether its
// likelihoods come true, how many requests lie below a threshold and how many
// refusals a rule at that threshold would have let through.
//
// Every figure is honest: a decision is never scored with counts that include
// it, nor with weights fitted on it. The package computes statistics in
// floating point, but every score that it measures comes from the scorecard's
// integers, the same as in production. It never keeps nor prints the values of
// attributes.
package backtest
