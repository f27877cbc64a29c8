// Package synthetic makes up organisations for tests and benchmarks: people in
// teams and departments, what each role holds, and decisions that follow a
// known truth. Where real decisions cannot teach a weight, the score is checked
// against these truths.
//
// It draws everything from a seed: equal configurations give equal
// organisations. It must never be used outside of tests, benchmarks and
// demonstrations.
package synthetic
