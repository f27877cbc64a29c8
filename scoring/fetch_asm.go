//go:build amd64 || arm64

package scoring

// prefetch asks the processor for the memory at some addresses and does not
// wait for it. Any address will do: one that cannot be read is passed over.
//
//go:noescape
func prefetch(at []uintptr)

// prefetchBoth is prefetch of two addresses.
func prefetchBoth(a, b uintptr)
