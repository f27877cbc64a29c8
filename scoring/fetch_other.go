//go:build !amd64 && !arm64

package scoring

// prefetch does nothing: memory comes when it is read.
func prefetch([]uintptr) {}

// prefetchBoth does nothing either.
func prefetchBoth(_, _ uintptr) {}
