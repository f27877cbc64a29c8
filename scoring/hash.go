package scoring

import (
	"hash/maphash"
	"math/bits"
)

// hashOf is a keyed hash of a text, as Go's runtime makes one where the processor
// has no instruction for it (wyhash): names are short, and this needs a tenth of
// the steps of a call to hash/maphash.
func hashOf[T ~string | ~[]byte](seed uint64, s T) uint64 {
	n := len(s)
	var a, b uint64
	switch {
	case n == 0:
		return 0
	case n < 4:
		a = uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1])
	case n <= 8:
		a, b = four(s), four(s[n-4:])
	default:
		for rest := s; len(rest) > 16; rest = rest[16:] {
			seed = fold(eight(rest)^hashKey1, eight(rest[8:])^seed)
		}
		if n > 16 {
			a = eight(s[n-16:])
		} else {
			a = eight(s)
		}
		b = eight(s[n-8:])
	}
	return fold(hashKey2^uint64(n), fold(a^hashKey1, b^seed))
}

// The odd constants of wyhash.
const (
	hashKey1 = 0xa0761d6478bd642f
	hashKey2 = 0xe7037ed1a0b428db
)

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func four[T ~string | ~[]byte](s T) uint64 {
	_ = s[3]
	return uint64(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

func eight[T ~string | ~[]byte](s T) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// newSeed is different in every process, so that nobody can name things such
// that they collide.
func newSeed() uint64 { return maphash.Comparable(maphash.MakeSeed(), 0) }
