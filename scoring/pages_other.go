//go:build !linux

package scoring

// spread gives a table back: only Linux is asked for large pages.
func spread[T any](table []T) []T { return table }
