package scorecard

import "math/bits"

// Fixed is a number in units of 2^-24: log-odds in nats, or a weight. Sums and
// products of the magnitudes that occur here (below 2^15) cannot overflow.
type Fixed int64

// One is the number 1.
const One Fixed = 1 << 24

// Mul multiplies two numbers, rounding half away from zero. It asks nothing of
// the sign: a processor cannot guess it.
func (a Fixed) Mul(b Fixed) Fixed {
	p := int64(a) * int64(b)
	sign := p >> 63 // 0, or -1 of a negative product
	return Fixed(((p^sign-sign+1<<23)>>24 ^ sign) - sign)
}

// Millionths makes a number from millionths, rounding half away from zero.
func Millionths(n int64) Fixed {
	if n < 0 {
		return -Millionths(-n)
	}
	return Fixed((n<<24 + 500_000) / 1_000_000)
}

// Float is the number for statistics and display; no score is computed from it.
func (a Fixed) Float() float64 { return float64(a) / float64(One) }

const (
	ln2Q62   = 3196577161300663914 // ln 2 in units of 2^-62
	step256  = 4599216278082138665 // 2^(-1/256) in units of 2^-62
	lnUnits  = 40                  // the logarithm's table and series work in units of 2^-40
	probBits = 32                  // probabilities are in units of 2^-32
	certain  = uint64(1) << probBits
)

// lnTable[i] is ln(1 + i/256) in units of 2^-40; exp2Table[i] is 2^(-i/256) in
// units of 2^-62. Both are computed with integers alone.
var (
	lnTable   = makeLnTable()
	exp2Table = makeExp2Table()
)

// inverses[i] is 2^64 divided by 256+i, rounded up, or 1 more.
var inverses = func() (t [256]uint64) {
	for i := range t {
		t[i] = ^uint64(0)/(256+uint64(i)) + 1
	}
	return t
}()

// perEntry is n / (256+i), rounded down, for n below 2^40. A product with the
// inverse is many times faster than a division, and as exact: it is too large by
// less than 2^-24, and n / (256+i) falls short of the next whole number by no
// less than 1/511.
func perEntry(n, i uint64) uint64 {
	q, _ := bits.Mul64(n, inverses[i&0xff])
	return q
}

// makeLnTable takes the binary logarithm digit by digit: squaring a number in
// [1,2) doubles its logarithm, and whether the square reaches 2 is the digit.
func makeLnTable() (t [256]uint64) {
	for i := range t {
		y := uint64(1)<<63 + uint64(i)<<55 // in units of 2^-63
		var log2 uint64                    // in units of 2^-56
		for range 56 {
			hi, lo := bits.Mul64(y, y) // in units of 2^-126
			log2 <<= 1
			if hi>>63 == 1 {
				log2 |= 1
				y = hi
			} else {
				y = hi<<1 | lo>>63
			}
		}
		hi, _ := bits.Mul64(log2, ln2Q62) // in units of 2^-54
		t[i] = hi >> (54 - lnUnits)
	}
	return t
}

func makeExp2Table() (t [256]uint64) {
	t[0] = 1 << 62
	for i := 1; i < len(t); i++ {
		hi, lo := bits.Mul64(t[i-1], step256)
		t[i] = hi<<2 | lo>>62
	}
	return t
}

// few are the whole numbers whose logarithms are kept.
const few = 1024

var lnFew = func() (t [few]Fixed) {
	for i := range t {
		t[i] = lnSeries(uint64(i))
	}
	return t
}()

// Ln is the natural logarithm of a whole number; that of 0 is taken as that
// of 1, so that the function is total. The error is below 2^-24.
func Ln(n uint64) Fixed {
	if n < few {
		return lnFew[n]
	}
	return lnSeries(n)
}

// lnSeries is Ln, computed. Nothing in it is ever negative.
func lnSeries(n uint64) Fixed {
	if n <= 1 {
		return 0
	}
	exponent := bits.Len64(n) - 1
	mantissa := n << (63 - exponent)         // in [1,2), in units of 2^-63
	i := mantissa >> 55 & 0xff               // the table's entry below it
	r := perEntry(mantissa&(1<<55-1)>>15, i) // what is left, relative to the entry: below 2^-8
	r2 := r * r >> lnUnits                   // r*r needs all 64 bits
	r3 := r2 * r >> lnUnits
	ln := lnTable[i] + r - r2/2 + r3/3 - (r3*r>>lnUnits)/4
	ln += uint64(exponent) * (ln2Q62 >> (62 - lnUnits))
	return Fixed((ln + 1<<15) >> (lnUnits - 24))
}

// expNegative is e^-a for a ≥ 0, in units of 2^-32.
func expNegative(a Fixed) uint64 {
	const perLn2 = 1586259972792                 // 1/ln 2 in units of 2^-40
	whole, part := bits.Mul64(uint64(a), perLn2) // a/ln 2 = whole + part·2^-64
	if whole >= probBits {
		return 0
	}
	hi, _ := bits.Mul64(part&(1<<56-1), ln2Q62)
	u := int64(hi >> (62 - lnUnits))
	u2 := int64(uint64(u) * uint64(u) >> lnUnits)
	s := int64(1)<<lnUnits - u + u2/2 - (u2*u>>lnUnits)/6
	hi, _ = bits.Mul64(exp2Table[part>>56], uint64(s)) // in units of 2^-38
	return hi >> (6 + whole)
}

// chance is the logistic function in units of 2^-32; it is never 0 nor 1.
func chance(z Fixed) uint64 {
	a := z
	if a < 0 {
		a = -a
	}
	e := max(expNegative(min(a, 32*One)), 1)
	p, _ := bits.Div64(e>>32, e<<32, certain+e)
	p = max(p, 1)
	if z > 0 {
		return certain - p
	}
	return p
}

// PPM is the likelihood, in parts per million, that belongs to log-odds z.
func PPM(z Fixed) int { return int((chance(z)*1_000_000 + certain/2) >> probBits) }

// logit is the log-odds of yes against no.
func logit(yes, no uint64) Fixed { return Ln(yes) - Ln(no) }
