package scorecard

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// File is a fitted model as it is stored: weights, and how they came about.
// Weights and knots are in millionths. It holds nothing of the decisions that
// it was fitted on but these.
type File struct {
	Version       string             `json:"version"`
	Fitted        string             `json:"fitted"`         // on what and how, for people
	ReferenceRate int64              `json:"reference_rate"` // share denied among the decisions it was fitted on, parts per million
	Smoothing     Smoothing          `json:"smoothing"`
	Profiles      map[string]Profile `json:"profiles"` // by the names that ProfileNames lists
	Calibration   []Knot             `json:"calibration,omitempty"`
	Judged        map[string]int64   `json:"judged,omitempty"` // weights that no decisions taught
}

// ParseFile reads a model. It refuses unknown fields, and a file that does not
// say what it is.
func ParseFile(b []byte) (File, error) {
	var f File
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, fmt.Errorf("read weights: %w", err)
	}
	if f.Version == "" || f.Fitted == "" {
		return f, fmt.Errorf("read weights: version and fitted must say what this is")
	}
	if f.ReferenceRate < 1 || f.ReferenceRate > 999_999 {
		return f, fmt.Errorf("read weights: reference_rate %d is not in parts per million, 1 to 999999", f.ReferenceRate)
	}
	return f, nil
}
