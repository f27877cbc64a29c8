package store

import (
	"context"
	"fmt"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"golang.org/x/mod/sumdb/tlog"
)

// nodeStep is the distance between the heights whose nodes are stored: those
// between are computed from at most 256 below them.
const nodeStep = 8

// Head is the tree over all audit events.
func (s *Store) Head(ctx context.Context) (auditlog.Frontier, error) {
	head, err := single(ctx, s, "read the audit log's head", "The audit log has lost its head row; restore the database.", readHead, selectHead)
	if err != nil {
		return auditlog.Frontier{}, err
	}
	return head.tree()
}

// Prove proves that the event of a sequence stands in the tree of a size, which
// is that of a checkpoint.
func (s *Store) Prove(ctx context.Context, sequence, size int64) (auditlog.Proof, error) {
	return s.reader(ctx, s.db).prove(sequence, size)
}

// ProveConsistency proves that the tree of one size is the beginning of that of
// another; both are those of checkpoints.
func (s *Store) ProveConsistency(ctx context.Context, from, to int64) (auditlog.Consistency, error) {
	r := s.reader(ctx, s.db)
	if from < 1 || from > to {
		return auditlog.Consistency{}, approvals.Errorf(approvals.CodeInvalid, "There is no proof from %d events to %d.", from, to)
	}
	hashes, err := tlog.ProveTree(to, from, r)
	return auditlog.Consistency{From: from, To: to, Hashes: hashes}, s.dialect.wrap("prove consistency", err)
}

// treeReader reads nodes of the tree, tile by tile. It keeps some, so that
// neighbouring proofs cost little; it is for one goroutine.
type treeReader struct {
	store *Store
	ctx   context.Context // of the one call that it is made for
	query querier
	tiles map[tile][]auditlog.Hash
}

// tile is 256 neighbouring nodes of one height.
type tile struct{ height, number int64 }

// tilesAtMost bounds what a reader keeps: 8 kB each.
const tilesAtMost = 512

func (s *Store) reader(ctx context.Context, q querier) *treeReader {
	return &treeReader{store: s, ctx: ctx, query: q, tiles: map[tile][]auditlog.Hash{}}
}

func (r *treeReader) prove(sequence, size int64) (auditlog.Proof, error) {
	if sequence < 1 || sequence > size {
		return auditlog.Proof{}, approvals.Errorf(approvals.CodeInvalid, "Event %d is not among the first %d.", sequence, size)
	}
	hashes, err := tlog.ProveRecord(size, sequence-1, r)
	return auditlog.Proof{Sequence: sequence, Size: size, Hashes: hashes}, r.store.dialect.wrap("prove an event", err)
}

// ReadHashes implements tlog.HashReader.
func (r *treeReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		h, err := r.node(int64(level), n)
		if err != nil {
			return nil, err
		}
		hashes[i] = h
	}
	return hashes, nil
}

// node is the root of the n-th perfect subtree of a height.
func (r *treeReader) node(height, n int64) (auditlog.Hash, error) {
	base := height - height%nodeStep
	width := int64(1) << (height - base) // nodes of the base height below it
	first := n * width
	all, err := r.tile(tile{base, first >> nodeStep})
	if err != nil {
		return auditlog.Hash{}, err
	}
	from := first & (1<<nodeStep - 1)
	if int64(len(all)) < from+width {
		return auditlog.Hash{}, approvals.Errorf(approvals.CodeInternal,
			"The tree over the audit log lacks nodes of height %d; run `hallpass audit checkpoint`.", base)
	}
	level := append([]auditlog.Hash(nil), all[from:from+width]...)
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0], nil
}

func (r *treeReader) tile(t tile) ([]auditlog.Hash, error) {
	if all, ok := r.tiles[t]; ok {
		return all, nil
	}
	first, end := t.number<<nodeStep, (t.number+1)<<nodeStep
	query, args := "SELECT sequence - 1, leaf FROM events WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence", []any{first, end}
	if t.height > 0 {
		query, args = "SELECT position, hash FROM event_nodes WHERE height = $3 AND position >= $1 AND position < $2 ORDER BY position", append(args, t.height)
	}
	next := first
	all, err := collect(r.ctx, r.query, func(scan scan) (auditlog.Hash, error) {
		var place int64
		var hash []byte
		if err := scan(&place, &hash); err != nil {
			return auditlog.Hash{}, err
		}
		if place != next || len(hash) != len(auditlog.Hash{}) {
			return auditlog.Hash{}, fmt.Errorf("the tree over the audit log has a hole at height %d, place %d", t.height, next)
		}
		next++
		return auditlog.Hash(hash), nil
	}, query, args...)
	if err != nil {
		return nil, err
	}
	if len(r.tiles) >= tilesAtMost {
		clear(r.tiles)
	}
	r.tiles[t] = all
	return all, nil
}

// frontier is that of the tree of a size, from what is stored of it.
func (r *treeReader) frontier(size int64) (auditlog.Frontier, error) {
	var data []byte
	done := int64(0)
	for height := int64(62); height >= 0; height-- {
		if size&(1<<height) == 0 {
			continue
		}
		h, err := r.node(height, done>>height)
		if err != nil {
			return auditlog.Frontier{}, err
		}
		data = append(data, h[:]...)
		done += 1 << height
	}
	return auditlog.ParseFrontier(size, data)
}
