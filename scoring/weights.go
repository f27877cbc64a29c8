package scoring

import (
	"crypto/sha256"
	_ "embed" // for the weights that ship with the program
	"encoding/hex"
	"fmt"

	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

//go:embed weights.json
var shippedFile []byte

// formula is the version of everything in the score that is code and not
// weights. It changes whenever equal counts and weights would give another
// score, or the same one in other words.
const formula = "hallpass-3"

// Weights is a fitted model, ready for scoring. It is immutable.
type Weights struct {
	model       string
	reference   int64 // parts per million
	deck        *scorecard.Deck
	calibration scorecard.Calibration
	judged      [judgements]fixed
}

// ShippedFile is the weights file that comes with this version of the program.
func ShippedFile() []byte { return append([]byte(nil), shippedFile...) }

// Shipped is the model that comes with this version of the program.
func Shipped() *Weights {
	w, err := ParseWeights(shippedFile)
	if err != nil { // a test parses the embedded file
		panic(fmt.Sprintf("scoring: embedded weights: %v", err))
	}
	return w
}

// ParseWeights reads a weights file, as `hallpass score fit` writes it. It
// refuses unknown fields, negative weights and terms of attributes that facts
// do not have.
func ParseWeights(b []byte) (*Weights, error) {
	f, err := scorecard.ParseFile(b)
	if err != nil {
		return nil, err
	}
	w := &Weights{reference: f.ReferenceRate}
	if w.deck, err = scorecard.NewDeck(f.Profiles, layout, f.Smoothing); err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	if n := w.deck.Terms(); n > maxTerms {
		return nil, fmt.Errorf("read weights: %d terms are more than %d", n, maxTerms)
	}
	if w.calibration, err = scorecard.NewCalibration(f.Calibration); err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
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
func (m *Weights) Model() string { return m.model }
