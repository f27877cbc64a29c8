// Package examples carries the example organisation's access folder, so that
// the demo runs on exactly the files that the documentation shows.
//
// It holds no code and decides nothing.
package examples

import "embed"

// Access is the folder access/: configuration, people, catalogue, policies.
//
//go:embed all:access
var Access embed.FS
