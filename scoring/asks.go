package scoring

// ask is one decided request of a person's own.
type ask struct {
	entry    uint32 // entitlement·2, +1 if denied
	approver uint32
	day      uint16 // since 1970: enough until 2149
}

// asks keeps everybody's own decided requests in few large pieces of memory: a
// list of each person's own would have to be looked for all over it.
type asks struct {
	pages [][]askBlock
	used  uint32 // blocks; the first stays empty, so that 0 is none
}

// askBlock is as large as what the processor fetches at once.
type askBlock struct {
	entry, approver [blockAsks]uint32
	day             [blockAsks]uint16
	next            uint32 // of the same person's; 0: this is the last
}

const (
	blockAsks  = 6
	pageBlocks = 2 << 20 / 64 // of Linux's large pages
)

// askedBy is where one person's are.
type askedBy struct{ first, last, n uint32 }

func (a *asks) block(i uint32) *askBlock { return &a.pages[i/pageBlocks][i%pageBlocks] }

// fresh is an unused block.
func (a *asks) fresh() uint32 {
	last := len(a.pages) - 1
	switch {
	case last < 0:
		a.pages, a.used = [][]askBlock{make([]askBlock, 16)}, 1
	case int(a.used) < last*pageBlocks+len(a.pages[last]):
	case len(a.pages[last]) < pageBlocks: // a small company needs no large page
		a.pages[last] = spread(append(a.pages[last], make([]askBlock, len(a.pages[last]))...))
	default:
		a.pages = append(a.pages, spread(make([]askBlock, pageBlocks)))
	}
	a.used++
	return a.used - 1
}

// add keeps one more of a person's.
func (a *asks) add(p *askedBy, one ask) {
	at := p.n % blockAsks
	if at == 0 {
		next := a.fresh()
		if p.n == 0 {
			p.first = next
		} else {
			a.block(p.last).next = next
		}
		p.last = next
	}
	b := a.block(p.last)
	b.entry[at], b.approver[at], b.day[at] = one.entry, one.approver, one.day
	p.n++
}

// each passes on a person's, oldest first, until do fails to want more.
func (a *asks) each(p askedBy) func(do func(ask) bool) {
	return func(do func(ask) bool) {
		for left, i := int(p.n), p.first; left > 0; left -= blockAsks {
			b := a.block(i)
			for at := range min(left, blockAsks) {
				if !do(ask{b.entry[at], b.approver[at], b.day[at]}) {
					return
				}
			}
			i = b.next
		}
	}
}
