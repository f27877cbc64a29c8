package auditlog

import (
	"errors"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash of the tree.
type Hash = tlog.Hash

// LeafHash is the hash under which an event's bytes stand in the tree: SHA-256
// of a zero byte and the bytes. Source: RFC 6962, section 2.1.
func LeafHash(body []byte) Hash { return tlog.RecordHash(body) }

// Frontier is all that is needed of a tree to append to it and to know its
// root: the roots of the perfect subtrees that it is made of, the largest
// first. Its zero value is the empty tree.
type Frontier struct {
	size   int64
	hashes []Hash
}

// ParseFrontier reads what Bytes wrote, for a tree of that size.
func ParseFrontier(size int64, data []byte) (Frontier, error) {
	if size < 0 || len(data) != bits.OnesCount64(uint64(size))*tlog.HashSize {
		return Frontier{}, errors.New("the frontier does not belong to a tree of this size")
	}
	f := Frontier{size: size}
	for ; len(data) > 0; data = data[tlog.HashSize:] {
		f.hashes = append(f.hashes, Hash(data[:tlog.HashSize]))
	}
	return f, nil
}

// Size is the number of leaves.
func (f *Frontier) Size() int64 { return f.size }

// Hashes are the roots of the subtrees, the largest first.
func (f *Frontier) Hashes() []Hash { return f.hashes }

// Bytes are the hashes one after the other.
func (f *Frontier) Bytes() []byte {
	data := make([]byte, 0, len(f.hashes)*tlog.HashSize)
	for _, h := range f.hashes {
		data = append(data, h[:]...)
	}
	return data
}

// Append adds one leaf.
func (f *Frontier) Append(leaf Hash) { f.Grow(leaf, nil) }

// Grow adds one leaf, and tells of each perfect subtree that it completes: its
// height (1: over two leaves), its place among those of its height from 0 on,
// and its root. Perfect may be nil.
func (f *Frontier) Grow(leaf Hash, perfect func(height int, index int64, root Hash)) {
	h, height := leaf, 0
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.hashes) - 1
		h = tlog.NodeHash(f.hashes[last], h)
		f.hashes = f.hashes[:last]
		height++
		if perfect != nil {
			perfect(height, f.size>>height, h)
		}
	}
	f.hashes = append(f.hashes, h)
	f.size++
}

// Clone is a copy that grows on its own.
func (f *Frontier) Clone() Frontier { return Frontier{f.size, slices.Clone(f.hashes)} }

// Root is the root of the whole tree; that of the empty tree is the SHA-256 of
// nothing.
func (f *Frontier) Root() Hash {
	if f.size == 0 {
		root, _ := tlog.TreeHash(0, nil) // the empty tree needs no reader and cannot fail
		return root
	}
	last := len(f.hashes) - 1
	root := f.hashes[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(f.hashes[i], root)
	}
	return root
}
