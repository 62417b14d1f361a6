//! The lint on a few instructions at a time. Lines have their number as address.

use super::instruction::Instruction;
use super::lint::lint;

/// Where jumps may go: padding fills what a listing leaves free.
const ROOM: u64 = 0x11;

/// What the lint says of a listing, without the instructions; `rbx` points to what is public.
fn complaints(listing: &str) -> Vec<String> {
    let lines = listing.split('/').map(str::trim).chain(std::iter::repeat("int3"));
    let code: Vec<_> = (0..ROOM)
        .zip(lines)
        .map(|(address, line)| Instruction::new(address, line))
        .collect();
    let what = |complaint: &String| complaint.split(':').next().unwrap().to_string();
    lint(&code, &["rbx"]).iter().map(what).collect()
}

/// Each is nothing but a failure of one kind.
fn all_give(expected: &[&str], listings: &[&str]) {
    for listing in listings {
        assert_eq!(complaints(listing), expected, "{listing}");
    }
}

#[test]
fn secrets_decide() {
    all_give(
        &["a branch"],
        &[
            "mov rax,QWORD PTR [rdi] / test al,0x1 / jne 10",
            "kmovb eax,k1 / mov DWORD PTR [rsp+0x8],eax / cmp DWORD PTR [rsp+0x8],0x0 / je 10",
            "vmovq rax,xmm0 / lea rcx,[rax+0x1] / test rcx,rcx / je 10",
            "kortestb k1,k1 / je 10",
            "mov rax,QWORD PTR fs:0x28 / test rax,rax / je 9",
            "mov rcx,QWORD PTR [rdi] / shld rcx,rsi,0x7 / test rcx,rcx / je 9",
            "mov rcx,QWORD PTR [rdi] / andn rax,rsi,rcx / test rax,rax / je 9",
            "mov rcx,QWORD PTR [rdi] / mulx rax,rdx,rcx / test rax,rax / je 9",
            "mov rdx,QWORD PTR [rdi] / mulx rax,rcx,rsi / test rax,rax / je 9",
            "mul QWORD PTR [rdi] / test rdx,rdx / je 9",
            "mov rax,QWORD PTR [rdi] / mul rsi / test rdx,rdx / je 9",
            "mov rax,QWORD PTR [rdi] / cqo / test rdx,rdx / je 9",
            "mov rax,QWORD PTR [rdi] / xchg rax,rcx / test rcx,rcx / je 9",
            "mov rcx,QWORD PTR [rdi] / jrcxz 9",
            "xor ecx,ecx / test rcx,rcx / je 9 / mov rcx,QWORD PTR [rdi] / jmp 1 <f>",
            "mov rcx,QWORD PTR [rdi] / test rsi,rsi / je 4 <f> / xor ecx,ecx / test rcx,rcx / je 9",
        ],
    );
    all_give(
        &["an address"],
        &[
            "mov rax,QWORD PTR [rdi] / mov rcx,QWORD PTR [rsi+rax*8]",
            "mov rax,QWORD PTR [rdi] / mov ecx,DWORD PTR [rbx+rax*1]",
            "mov rax,QWORD PTR [rdi] / mov BYTE PTR [rsp+rax*1],0x0",
            "mov rax,QWORD PTR [rdi] / vmovdqu64 zmm0,ZMMWORD PTR [rsi+rax*1]",
        ],
    );
    all_give(
        &["a variable time"],
        &[
            "vpgatherqq zmm1{k1},QWORD PTR [rdi+zmm2*1]",
            "mov rcx,QWORD PTR [rdi] / div rcx",
            "mov rax,QWORD PTR [rdi] / div rcx",
            "mov edx,DWORD PTR [rdi] / idiv ecx",
            "div QWORD PTR [rdi]",
            "mov rdx,QWORD PTR [rdi] / call 50 <memcpy>",
        ],
    );
}

#[test]
fn what_is_public_decides() {
    all_give(
        &[],
        &[
            "mov rax,QWORD PTR [rdi] / xor eax,eax / inc rax / cmp rax,rsi / jne 10",
            "mov rax,QWORD PTR [rdi] / add rax,rcx / add rdi,0x8 / cmp rdi,rsi / jne 10",
            "mov rcx,QWORD PTR [rdi] / jmp 3 <f> / nop / ret",
            // A length may be divided, a secret may not.
            "div rcx",
            "mov rax,QWORD PTR [rdi] / xor edx,edx / xor eax,eax / div rcx / test rax,rax / je 9",
            // What is public, through any of its names.
            "mov rax,QWORD PTR [rbx+0x8] / test rax,rax / je 9",
            "mov r12,rbx / add r12,0x8 / mov rax,QWORD PTR [r12] / test rax,rax / je 9",
            "mov QWORD PTR [rsp+0x8],rbx / mov rcx,QWORD PTR [rsp+0x8] / mov rax,QWORD PTR [rcx] / test rax,rax / je 9",
            "mov rcx,QWORD PTR [rdi] / imul rcx,rsi,0x780 / test rcx,rcx / je 9",
        ],
    );
    // And what it points to is not.
    all_give(
        &["a branch"],
        &[
            "mov rax,QWORD PTR [rbx+0x8] / mov rcx,QWORD PTR [rax] / test rcx,rcx / je 9",
            "mov rbx,rdi / mov rax,QWORD PTR [rbx] / test rax,rax / je 9",
            "add rbx,rdi / mov rax,QWORD PTR [rbx] / test rax,rax / je 9",
            "mov QWORD PTR [rsp+0x8],rbx / mov QWORD PTR [rsp+0x8],rdi / mov rcx,QWORD PTR [rsp+0x8] / \
             mov rax,QWORD PTR [rcx] / test rax,rax / je 9",
        ],
    );
    all_give(
        &["a secret among what is public"],
        &[
            "mov rax,QWORD PTR [rdi] / mov QWORD PTR [rbx],rax",
            "vmovdqu64 ZMMWORD PTR [rip+0x50],zmm0",
        ],
    );
}

/// Bytes of the stack are clean until something is stored over any of them.
#[test]
fn stores_over_the_stack() {
    let around = |stores: &str| {
        format!(
            "mov QWORD PTR [rsp+0x48],rsi / {stores} / mov rax,QWORD PTR [rsp+0x48] / test rax,rax / je 9"
        )
    };
    for beside in [
        "nop",
        "vmovdqu64 ZMMWORD PTR [rsp+0x50],zmm0",
        "vmovdqu64 ZMMWORD PTR [rsp+0x8],zmm0",
        "mov QWORD PTR [rsp+0x40],rdi",
        "lea rcx,[rsp+0x50] / mov QWORD PTR [rcx+r8*8],rdi",
        "and r8d,0x7 / vmovdqu XMMWORD PTR [rsp+r8*8],xmm0",
        "lea rdi,[rsp+0x50] / call 50 <memcpy@plt>",
    ] {
        assert_eq!(complaints(&around(beside)), [""; 0], "{beside}");
    }
    for over in [
        "vmovdqu64 ZMMWORD PTR [rsp+0x40],zmm0",
        "vmovdqu XMMWORD PTR [rsp+0x4f],xmm0",
        "lea rcx,[rsp+0x40] / vmovq QWORD PTR [rcx+0x8],xmm0",
        "lea rcx,[rsp+0x40] / vmovq QWORD PTR [rcx+r8*8],xmm0",
        "lea rcx,[rsp+0x40] / add rcx,r8 / vmovq QWORD PTR [rcx],xmm0",
        "lea rcx,[rsp+0x90] / mov QWORD PTR [rsp+0x80],rcx / mov rcx,QWORD PTR [rsp+0x80] / \
         vmovq QWORD PTR [rcx-0x48],xmm0",
        "and r8d,0x9 / vmovdqu XMMWORD PTR [rsp+r8*8],xmm0",
        "lea rcx,[rsp+0x48] / lea r8,[rsp+0x90] / cmovb rcx,r8 / vmovq QWORD PTR [rcx],xmm0",
        "lea rdi,[rsp+0x40] / call 50 <memcpy@plt>",
        "sub rsp,0x10",
        // A number begins an array that is filled by another name.
        "mov QWORD PTR [rsp+0x48],0x0",
    ] {
        assert_eq!(complaints(&around(over)), ["a branch"], "{over}");
    }
    all_give(
        &["a branch"],
        &[
            "mov rax,QWORD PTR [rdi] / mov QWORD PTR [rsp+0x8],rax / mov BYTE PTR [rsp+0x8],sil / \
           mov rcx,QWORD PTR [rsp+0x8] / test rcx,rcx / je 9",
        ],
    );
}

/// Of a register that is written in part, the rest is as it was.
#[test]
fn parts_of_registers() {
    let compared = "mov rcx,QWORD PTR [rdi] / cmp rsi,rdx / seta cl";
    all_give(
        &["a branch"],
        &[
            "mov rcx,QWORD PTR [rdi] / mov cl,sil / test rcx,rcx / je 9",
            "mov rcx,QWORD PTR [rdi] / mov cl,sil / test ch,ch / je 9",
            "mov rcx,QWORD PTR [rdi] / mov cx,si / test ecx,ecx / je 9",
            &format!("{compared} / test rcx,rcx / je 9"),
            "mov rax,QWORD PTR [rdi] / test ah,0x1 / je 9",
            "mov ah,BYTE PTR [rdi] / test rax,rax / je 9",
            "mov bh,BYTE PTR [rdi] / test rbx,rbx / je 9",
            "cmp QWORD PTR [rdi],rdx / seta cl / mov BYTE PTR [rsp+0x8],cl / cmp BYTE PTR [rsp+0x8],0x0 / jne 9",
        ],
    );
    all_give(
        &[],
        &[
            "mov rcx,QWORD PTR [rdi] / mov ecx,esi / test rcx,rcx / je 9",
            "mov ah,BYTE PTR [rdi] / test al,al / je 9",
            &format!("{compared} / mov BYTE PTR [rsp+0x8],cl / cmp BYTE PTR [rsp+0x8],0x0 / jne 9"),
        ],
    );
}

#[test]
fn flags() {
    all_give(
        &["a branch"],
        &[
            "mov rcx,QWORD PTR [rdi] / test rsi,rsi / shrd rcx,rsi,0x7 / je 9",
            "mov rcx,QWORD PTR [rdi] / test rsi,rsi / bsf rcx,rcx / je 9",
            "mov rcx,QWORD PTR [rdi] / test rsi,rsi / bsr rcx,rcx / je 9",
            "xor ecx,ecx / blsr rax,QWORD PTR [rdi] / jne 9",
            // Not known, so anything.
            "test rsi,rsi / xadd QWORD PTR [rdi],rsi / je 9",
            "test rsi,rsi / fcomi st,st(1) / je 9",
            "cpuid / test rdx,rdx / je 9",
            // What is left of them: by a shift of no bits, beside the carry, and in the carry.
            "cmp QWORD PTR [rdi],rdx / shl rsi,cl / je 9",
            "cmp QWORD PTR [rdi],rdx / inc rsi / jb 9",
            "cmp QWORD PTR [rdi],rdx / bt rsi,0x1 / je 9",
            "cmp QWORD PTR [rdi],rdx / sbb rcx,rcx / test rcx,rcx / je 9",
            "cmp QWORD PTR [rdi],rdx / adc rcx,0x0 / test rcx,rcx / je 9",
            "cmp QWORD PTR [rdi],rdx / cmovb rcx,rsi / test rcx,rcx / je 9",
        ],
    );
    all_give(
        &[],
        &[
            "cmp QWORD PTR [rdi],rdx / dec rsi / jne 9",
            "cmp QWORD PTR [rdi],rdx / shl rsi,0x3 / je 9",
            "cmp QWORD PTR [rdi],rdx / bt rsi,0x1 / jb 9",
            "test rsi,rsi / vptestnmq k1,zmm0,zmm1 / je 9",
        ],
    );
}

#[test]
fn ways_out() {
    let new = "_ZN10hefu_curve4ifma6digits3Odd3new17h88E";
    let equal =
        "_ZN89_$LT$hefu_curve..ifma..native..Native$u20$as$u20$hefu_curve..ifma..lanes..Lanes$GT$5equal17h0E";
    all_give(
        &["a way to what is not read"],
        &[
            "jmp 50 <_ZN10hefu_curve4ifma6digits3Odd3odd17h88E>",
            "call 50 <_ZN10hefu_curve4ifma6digits3Odd3odd17h88E>",
            &format!("call 50 <{equal}>"),
            "call 50 <bcmp>",
            "call QWORD PTR [rip+0x50] <memcmp@GLIBC_2.2.5>",
            "mov rbx,QWORD PTR [rip+0x50] <memcmp@GLIBC_2.2.5> / call rbx",
            "lea rbx,[rip+0x50] <f> / call rbx",
            "je 50 <f>",
        ],
    );
    all_give(
        &["a way to what is not known"],
        &[
            "mov rax,QWORD PTR [rdi] / jmp rax",
            "mov rax,QWORD PTR [rdi] / call rax",
            "call QWORD PTR [rip+0x50]",
            "jmp QWORD PTR [rip+0x50]",
            "jmp QWORD PTR [rsi*8+0x50]",
            "mov rbx,QWORD PTR [rip+0x50] <memcpy> / test rsi,rsi / je 4 / mov rbx,QWORD PTR [rdi] / call rbx",
            "je 50",
        ],
    );
    // What a call leaves isn't known, unless it is a pointer.
    assert_eq!(
        complaints("call QWORD PTR [rip+0x50] / test eax,eax / je 9"),
        ["a way to what is not known", "a branch"]
    );
    assert_eq!(
        complaints("jmp rsi / mov rcx,QWORD PTR [rdi] / test rcx,rcx / je 9"),
        [
            "a way to what is not known",
            "never reached",
            "never reached",
            "never reached"
        ]
    );
    all_give(&["never reached"], &["ret / mov eax,0x1"]);
    all_give(
        &["a branch"],
        &[&format!("xor eax,eax / call 50 <{new}> / test rax,rax / je 9")],
    );
    all_give(
        &[],
        &[
            &format!("call 50 <{new}>"),
            &format!("jmp 50 <{new}>"),
            &format!("xor ebx,ebx / call 50 <{new}> / test rbx,rbx / je 9"),
            "call QWORD PTR [rip+0x50] <malloc@GLIBC_2.2.5> / mov BYTE PTR [rax],0x1 / test rax,rax / je 9",
            "mov rbx,QWORD PTR [rip+0x50] <memset> / mov QWORD PTR [rsp+0x8],rbx / call QWORD PTR [rsp+0x8]",
            "lea rbx,[rip+0x50] <memset> / call rbx",
            "call 50 <_ZN59_$LT$$u5b$Z$u3b$$u20$N$u5d$$u20$as$u20$zeroize..Zeroize$GT$7zeroize17h2aE>",
            "call 50 <_RNvNtCsgEmfK2I1SDS_4core9panicking18panic_bounds_check>",
        ],
    );
    let full = ["mov eax,0x1"; 0x11].join(" / ");
    all_give(&["goes on past the end"], &[full.as_str()]);
}
