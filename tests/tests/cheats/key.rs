//! One key, and the lists of blinded elements that it answers.

/// A receiver sends a sender that was killed other elements under the opening that it has accepted. The key is
/// the same, for one opening has one on both carriers; what protects it are the roots of the first list, which are on
/// record before the first answer is given.
#[test]
fn one_key_serves_one_list_of_blinded_elements() {
    use hefu_psi::wire::{Blinded, Commit};
    use hefu_psi::{
        Blinding, Elements, Incoming, InputCommitter, KeyKind, Ristretto255, SessionSeed, element_root,
    };
    let [receiver, sender] = [(), ()].map(|()| hefu_link::Keys::generate().unwrap());
    let terms = hefu_psi::Terms {
        receiver: receiver.node_key(),
        sender: sender.node_key(),
        ..hefu_tests::ends::terms(KeyKind::Person, 32)
    };
    let set = |from: u8| {
        let bytes = (from..from + 20).flat_map(|person| [person; 32]).collect();
        Elements::new(32, bytes).unwrap()
    };
    let seed = |byte| SessionSeed::from_bytes(zeroize::Zeroizing::new([byte; 32]));
    let (mut first, opening) = Blinding::<Ristretto255>::open(terms.clone(), set(0), &seed(1)).unwrap();
    let (mut second, _) = Blinding::<Ristretto255>::open(terms.clone(), set(100), &seed(2)).unwrap();
    let pool = &hefu_tests::ends::POOL;
    let (mut keys, mut recorded) = (Vec::new(), Vec::new());
    for blinding in [&mut first, &mut second] {
        let mut bytes = Vec::new();
        blinding.next(pool, &mut bytes).unwrap();
        let own = set(0);
        let mut input = InputCommitter::for_sender(&terms, &seed(3));
        own.chunks(hefu_psi::CHUNK)
            .for_each(|chunk| input.update(chunk, &[]));
        let (mut collecting, _, accept) =
            Incoming::new::<Ristretto255>(terms.clone(), opening.message().clone())
                .unwrap()
                .accept::<Ristretto255>(input.finish(), &seed(3), sender.signing_key())
                .unwrap();
        keys.push(accept.public);
        let root = element_root(&bytes, 32);
        collecting.expect(recorded.clone());
        let taken = collecting.blinded(&Blinded {
            chunk: 0,
            elements: &bytes,
        });
        if !recorded.is_empty() {
            let refused = taken.unwrap_err();
            assert_eq!(refused.code(), "abort_chunk_changed");
            continue;
        }
        taken.unwrap();
        recorded.push(root);
        let signed = [
            b"hefu/3 blinded\0".as_slice(),
            &opening.call().0,
            &root,
            &20_u64.to_be_bytes(),
        ]
        .concat();
        let commit = Commit {
            root,
            elements: 20,
            signature: receiver.signing_key().sign(&signed).as_ref().to_vec(),
        };
        let mut replying = collecting.commit(&commit).unwrap();
        let mut answer = Vec::new();
        replying
            .evaluate(
                pool,
                &bytes,
                &mut *hefu_node::runner::system_randomness(),
                &mut answer,
            )
            .unwrap();
    }
    assert_eq!(keys[0], keys[1], "without its records it would answer both");
}
