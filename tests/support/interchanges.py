"""X12 interchanges to upload."""

from __future__ import annotations

_PARTIES = f"ZZ*{'SENDER':15}*ZZ*{'MOCKPAYER':15}"
ISA = f"ISA*00*{'':10}*00*{'':10}*{_PARTIES}*300102*0304*^*00501*000000001*0*T*:~"


def interchange(*transactions: str) -> bytes:
    """Return these transactions, each from ``ST`` to ``SE``, in their envelopes."""
    group = "GS*HC*SENDER*MOCKPAYER*20300102*0304*1*X*005010X222A1~"
    end = f"GE*{len(transactions)}*1~IEA*1*000000001~"
    return (ISA + group + "".join(transactions) + end).encode()


def claims(*claims: str) -> str:
    """Return an 837 with claims for a child that is insured through its mother."""
    return (
        "ST*837*0001*005010X222A1~BHT*0019*00*1*20300102*0304*CH~HL*1**20*1~"
        "PRV*BI*PXC*207Q00000X~NM1*85*2*Thistledown Clinic*****XX*1234567893~"
        "N3*1 Example Way~N4*Charleston*SC*29401~REF*EI*123456789~"
        "HL*2*1*22*1~SBR*P**G1******CI~NM1*IL*1*Quillfeather*Zephyrine****MI*W000000000~"
        "DMG*D8*19700125*F~NM1*PR*2*MOCK PAYER INC*****PI*MOCKPAYER~"
        "HL*3*2*23*0~PAT*19~NM1*QC*1*Quillfeather*Peregrine~N3*1 Example Way~"
        f"N4*Charleston*SC*29401~DMG*D8*20100314*M~{''.join(claims)}SE*30*0001~"
    )


def claim(codes: str, charge: str = "60") -> str:
    """Return a claim with one service line and these diagnosis codes."""
    return (
        f"CLM*26*{charge}***11:B:1*Y*A*Y*Y~HI*{codes}~LX*1~"
        f"SV1*HC:99213:25*{charge}*UN*1***1~DTP*472*D8*20300102~"
    )


INQUIRY = (
    "ST*270*0001*005010X279A1~NM1*PR*2*MOCK PAYER INC*****PI*MOCKPAYER~"
    "NM1*1P*1*Thistledown*Marlow****XX*1234567893~"
    "NM1*IL*1*Quillfeather*Zephyrine****MI*W000000000~EQ*30~SE*6*0001~"
)
REVIEW = (
    "ST*278*0001*005010X217~NM1*X3*2*MOCK PAYER INC*****PI*MOCKPAYER~"
    "NM1*1P*1*Thistledown*Marlow****XX*1234567893~"
    "NM1*IL*1*Quillfeather*Zephyrine****MI*W000000000~UM*SC*I*3~SE*6*0001~"
)
MEMBERSHIP = (
    "ST*834*0001*005010X220A1~BGN*00*1*20300102*0304****4~"
    "N1*P5*Thistledown Works*FI*999888777~N1*IN*MOCK PAYER INC*FI*654456654~"
    "INS*Y*18*030*XN*A***FT~REF*0F*W000000000~REF*1L*G1~DTP*356*D8*20300101~"
    "NM1*IL*1*Quillfeather*Zephyrine****34*000000001~N3*1 Example Way~"
    "N4*Charleston*SC*29401~DMG*D8*19700125*F~HD*030**HLT*GOLD*FAM~DTP*348*D8*20300101~"
    "INS*N*19*030*XN*A~NM1*IL*1*Quillfeather*Peregrine~DMG*D8*20100314*M~"
    "INS*Y*18*030*XN*A***FT~NM1*IL*1*Thistledown*Marlow~HD*030**DEN*TEETH*EMP~"
    "SE*22*0001~"
)
