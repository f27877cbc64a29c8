#include "textflag.h"

// func prefetch(at []uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-24
	MOVD at_base+0(FP), R1
	MOVD at_len+8(FP), R2
loop:
	SUBS $1, R2
	BLT  done
	MOVD (R1)(R2<<3), R0
	PRFM (R0), PLDL1KEEP
	JMP  loop
done:
	RET

// func prefetchBoth(a, b uintptr)
TEXT ·prefetchBoth(SB), NOSPLIT, $0-16
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	PRFM (R0), PLDL1KEEP
	PRFM (R1), PLDL1KEEP
	RET
