// Package source reads the YAML files that people write for Hallpass: the
// catalogue, the directory file, policy examples, the configuration. It is
// strict, and it says what is wrong, in which line, and the mend, for every
// mistake at once.
//
// It never guesses: an unknown key, a key given twice, a value of another
// type, an alias or a second document is a problem and not a default. It never
// expands anchors, so that a small file cannot become a large one.
package source
