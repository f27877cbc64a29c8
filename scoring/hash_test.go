package scoring

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"
)

// TestHashesDependOnEveryByteAndOnTheSeed counts, for texts of every length that
// is treated in a way of its own, how many of the hash's bits change with one
// bit of the text.
func TestHashesDependOnEveryByteAndOnTheSeed(t *testing.T) {
	t.Parallel()
	seen := map[uint64]string{}
	for n := 1; n <= 70; n++ {
		text := []byte(strings.Repeat("person000123:", 6))[:n]
		whole := hashOf(1, text)
		if got := hashOf(1, string(text)); got != whole {
			t.Fatalf("%q as a string has hash %x, as bytes %x", text, got, whole)
		}
		if hashOf(2, text) == whole {
			t.Errorf("the hash of %q does not depend on the seed", text)
		}
		if other, ok := seen[whole]; ok {
			t.Errorf("%q and %q have one hash", text, other)
		}
		seen[whole] = string(text)
		changed := 0
		for i := range text {
			text[i] ^= 1
			changed += bits.OnesCount64(hashOf(1, text) ^ whole)
			if hashOf(1, text) == whole {
				t.Errorf("byte %d of %d changes nothing", i, n)
			}
			text[i] ^= 1
		}
		if mean := changed / n; n > 8 && (mean < 24 || mean > 40) {
			t.Errorf("a bit of %d bytes changes %d bits of the hash, want about 32", n, mean)
		}
	}
	if hashOf(1, "") != 0 {
		t.Error("no text has a hash")
	}
}

// TestHashesOfLikeNamesSpread: names differ in a few digits, and yet fill a table
// evenly.
func TestHashesOfLikeNamesSpread(t *testing.T) {
	t.Parallel()
	const names, slots = 1 << 16, 1 << 12
	var low, high [slots]int
	for i := range names {
		h := hashOf(12345, fmt.Sprintf("person%06d", i))
		low[h%slots]++
		high[h>>32%slots]++
	}
	for i := range slots {
		if low[i] > 50 || high[i] > 50 { // 16 are expected; a Poisson number is above 50 once in 10^11 times
			t.Errorf("slot %d takes %d by its low bits and %d by the high ones of %d names", i, low[i], high[i], names)
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	if a, b := newSeed(), newSeed(); a == b || a == 0 {
		t.Errorf("two tables hash by %x and %x", a, b)
	}
}
