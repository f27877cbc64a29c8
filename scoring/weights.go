package scoring

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the weights that ship with the program
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

//go:embed weights.json
var shipped []byte

// formula is the version of everything in the score that is code and not
// weights. It changes whenever equal counts and weights would give another
// score.
const formula = "hallpass-1"

// Weights is a fitted model, ready for scoring. It is immutable.
type Weights struct {
	model       string
	reference   int64 // parts per million
	full, alone *scorecard.Card
	judged      [judgements]scorecard.Fixed
}

// weightsFile is the JSON form. Weights are in millionths.
type weightsFile struct {
	Version       string              `json:"version"`
	Fitted        string              `json:"fitted"` // on what, how, when: for people
	ReferenceRate int64               `json:"reference_rate"`
	Smoothing     scorecard.Smoothing `json:"smoothing"`
	Full          scorecard.Profile   `json:"full"`
	NoManager     scorecard.Profile   `json:"no_manager"`
	Judged        map[string]int64    `json:"judged"`
}

// Shipped is the model that comes with this version of the program.
func Shipped() *Weights {
	w, err := ParseWeights(shipped)
	if err != nil { // a test parses the embedded file
		panic(fmt.Sprintf("scoring: embedded weights: %v", err))
	}
	return w
}

// ParseWeights reads a weights file, as `hallpass score fit` writes it. It
// refuses unknown fields, negative weights and terms of attributes that facts
// do not have.
func ParseWeights(b []byte) (*Weights, error) {
	var f weightsFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	if f.Version == "" || f.Fitted == "" {
		return nil, fmt.Errorf("read weights: version and fitted must say what this is")
	}
	if f.ReferenceRate < 1 || f.ReferenceRate > 999_999 {
		return nil, fmt.Errorf("read weights: reference_rate %d is not in parts per million, 1 to 999999", f.ReferenceRate)
	}
	w := &Weights{reference: f.ReferenceRate}
	var err error
	if w.full, err = scorecard.Compile(f.Full, layout, f.Smoothing); err != nil {
		return nil, fmt.Errorf("read weights: full: %w", err)
	}
	if w.alone, err = scorecard.Compile(f.NoManager, layout, f.Smoothing); err != nil {
		return nil, fmt.Errorf("read weights: no_manager: %w", err)
	}
	for name, weight := range f.Judged {
		i, ok := judgementIndex[name]
		if !ok || weight < 0 || weight > 10_000_000 {
			return nil, fmt.Errorf("read weights: judged %q: %d is not a weight of the model", name, weight)
		}
		w.judged[i] = scorecard.Millionths(weight)
	}
	sum := sha256.Sum256(b)
	w.model = formula + "/" + f.Version + "/" + hex.EncodeToString(sum[:6])
	return w, nil
}

// Model names formula and weights; equal names mean equal scores.
func (w *Weights) Model() string { return w.model }
