package prompts

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCacheForgetsTheLeastRecentlyUsed(t *testing.T) {
	t.Parallel()
	c := newCache(2)
	one, two, three := digestOf("1"), digestOf("2"), digestOf("3")
	c.put(one, Summary{Text: "1"})
	c.put(two, Summary{Text: "2"})
	c.get(one)
	c.put(three, Summary{Text: "3"})
	got := map[string]bool{}
	for name, key := range map[string]digest{"1": one, "2": two, "3": three} {
		_, got[name] = c.get(key)
	}
	if diff := cmp.Diff(map[string]bool{"1": true, "2": false, "3": true}, got); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
}

func TestDigestTellsPartsApart(t *testing.T) {
	t.Parallel()
	if digestOf("ab", "c") == digestOf("a", "bc") {
		t.Error("parts run together")
	}
}

// The cache behaves as a list of pairs, most recent first, cut at its size.
func TestCacheIsAnLRU(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 4).Draw(t, "size")
		c := newCache(size)
		type pair struct{ key, text string }
		var model []pair
		take := func(key string) (pair, bool) {
			for i, p := range model {
				if p.key == key {
					model = append(model[:i:i], model[i+1:]...)
					return p, true
				}
			}
			return pair{}, false
		}
		key := rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(0, 6).Draw(t, "key")) })
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				k, text := key.Draw(t, "k"), rapid.String().Draw(t, "text")
				take(k)
				model = append([]pair{{k, text}}, model...)
				model = model[:min(len(model), size)]
				c.put(digestOf(k), Summary{Text: text})
			},
			"get": func(t *rapid.T) {
				k := key.Draw(t, "k")
				got, ok := c.get(digestOf(k))
				want, known := take(k)
				if ok != known || got.Text != want.text {
					t.Fatalf("get %s gave %q, %v; want %q, %v", k, got.Text, ok, want.text, known)
				}
				if known {
					model = append([]pair{want}, model...)
				}
			},
		})
	})
}
