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
