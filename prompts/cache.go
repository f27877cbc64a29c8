package prompts

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// cacheSize is how many summaries are remembered: a few days of a large
// organisation's routed requests, in well under a megabyte.
const cacheSize = 512

// digest names an input by everything that shapes the answer.
type digest [sha256.Size]byte

func digestOf(parts ...string) digest {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0}) // No part holds one, so no two lists of parts run together.
	}
	return digest(h.Sum(nil))
}

// cache remembers the most recently used checked summaries.
type cache struct {
	size int

	mu    sync.Mutex
	order *list.List // of entry, most recent first
	byKey map[digest]*list.Element
}

type entry struct {
	key     digest
	summary Summary
}

func newCache(size int) *cache {
	return &cache{size: size, order: list.New(), byKey: map[digest]*list.Element{}}
}

func (c *cache) get(key digest) (Summary, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.byKey[key]
	if !ok {
		return Summary{}, false
	}
	c.order.MoveToFront(el)
	return el.Value.(entry).summary, true
}

func (c *cache) put(key digest, s Summary) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.byKey[key]; ok {
		el.Value = entry{key, s}
		c.order.MoveToFront(el)
		return
	}
	c.byKey[key] = c.order.PushFront(entry{key, s})
	if c.order.Len() > c.size {
		oldest := c.order.Back()
		delete(c.byKey, c.order.Remove(oldest).(entry).key)
	}
}
