// Package directory is the one way in which Hallpass knows people, whatever
// they come from: a Source is read as a whole, the reading becomes a picture
// that is checked and linked (who manages whom, who is in which group), and
// Directory answers from the last good picture, saying how old it is.
//
// It never answers from half a reading, and never takes one that has lost more
// than a set share of what the last one had: systems that synchronise people
// fail halfway, and then whole departments seem to have left, lost their
// managers or come back. The last picture stays in use and grows old until the
// source is whole again or an administrator accepts the loss; when it is too
// old nothing is approved by itself, and people are asked.
package directory
