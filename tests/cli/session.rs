//! A session as people see it: every line of output and of messages, and every exit code.

use std::fmt::Write;
use std::path::Path;

use crate::support::Home;

#[test]
fn a_session_reads_as_it_should() {
    let home = Home::real();
    let digest = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/sample-digest-2026-02-14.md");
    home.write("2026-02-13.md", std::fs::read(digest).expect("the sample digest"));
    home.write(
        "mine.bib",
        "@misc{a, title = {Coarse-Grained Boltzmann Generators}}\n@misc{b, title = {Nowhere To Be Found}}\n",
    );
    // What a first fetch says is no part of it.
    assert_eq!(home.run(&["model", "fetch"]).code, 0);
    let mut session = String::new();
    for line in [
        "recommend",
        "add 2026-02-13.md",
        "recommend --like 2602.10611 -k 2 --why",
        "recommend --like 2602.10611 --facet method -k 1",
        "recommend --like 2602.10612",
        "search neural-quantum-fields -k 1",
        "like 2602.10611 https://arxiv.org/abs/2602.10637v1",
        "unlike 2602.10158",
        "profile import mine.bib",
        "profile list",
        "today -k 1",
        "today -k 1 --nearest",
        "today -k 1 --at-least 40 --format csv",
        "today 2026-02-13.md --category quant-ph",
        "topics",
        "remove 2602.10158 2602.99999",
        "check",
        "frobnicate",
    ] {
        let ended = home.run(&line.split(' ').collect::<Vec<_>>());
        writeln!(session, "$ relata {line}\n{}{}[{}]\n", ended.stdout, ended.stderr, ended.code).expect("written");
    }
    let session = session.replace(&home.path("").display().to_string(), "HOME/");
    insta::assert_snapshot!(session.trim_end(), @r#"
    $ relata recommend
    Your library (HOME/library.db) is empty: this answer comes from the sample digest (7 papers).
    Add your own with: relata add PATH...
    error: nothing says what you like; begin a profile with `relata like ID...`, or name papers in `relata recommend ID...`
    [2]

    $ relata add 2026-02-13.md
    added 7, updated 0, unchanged 0, skipped 0, embedded 7
    [0]

    $ relata recommend --like 2602.10611 -k 2 --why
      1   71  2602.11097  Statistical Learning Analysis of Physics-Informed Neural Networks
              https://arxiv.org/abs/2602.11097 · 2026-02-13 · cs.LG · David A. Barajas-Solano · shares Physics-Informed Neural Networks, PINNs, residuals
              “We study the training and performance of physics-informed learning for initial and
              boundary value problems (IBVP) with physics-informed neural networks (PINNs) from a
              statistical learning perspective.”
              meaning 8.09 + associations 7.64 + words 2.30 = 18.03
      2   60  2602.10451  A Multimodal Conditional Mixture Model with Distribution-Level Physics Priors
              https://arxiv.org/abs/2602.10451 · 2026-02-13 · cs.LG · Jinkyo Han et al. · shares physics-informed, partial differential equations, physical
              “This work develops a physics-informed multimodal conditional modeling framework based on
              mixture density representations.”
              meaning 4.92 + associations 6.80 + words 1.61 = 13.33
    [0]

    $ relata recommend --like 2602.10611 --facet method -k 1
      1   78  2602.11097  Statistical Learning Analysis of Physics-Informed Neural Networks
              https://arxiv.org/abs/2602.11097 · 2026-02-13 · cs.LG · David A. Barajas-Solano · shares PINN, physics-informed, residuals
              method: Specifically, we restrict ourselves to parameterizations with hard initial and
              boundary condition constraints and reformulate the problem of estimating PINN parameters
              as a statistical learning problem. From this …
    method of 2602.10611, from its abstract: In this work, we systematically analyze how data inconsistency fundamentally limits the attainable accuracy of PINNs. We introduce the concept of a consistency barrier, defined as an intrinsic lower bound on the error …
    note: digests tell the method of 7 of these 7 papers in a language that all-MiniLM-L6-v2 does not read; sentences of their abstracts are compared instead.
    multilingual-e5-small reads it: run `relata --model multilingual-e5-small reembed`, then ask again.
    [0]

    $ relata recommend --like 2602.10612
    error: 2602.10612 is not in the library; the closest ids there:
      2602.10611  On the Role of Consistency Between Physics and Data in Physics-Informed Neural Networks
      2602.10637  Coarse-Grained Boltzmann Generators
      2602.10680  A solvable high-dimensional model where nonlinear autoencoders learn structure invisible to PCA while test loss misaligns with generalization
    [1]

    $ relata search neural-quantum-fields -k 1
      1   58  2602.10209  Neural Network Quantum Field Theory from Transformer Architectures
              https://arxiv.org/abs/2602.10209 · 2026-02-13 · cs.LG · Dmitry S. Ageev et al.
              We propose a neural-network construction of Euclidean scalar quantum field theories from transformer attention heads, defining $n$-point correlators by averaging over random network parameters in the NN-QFT framework.
    [0]

    $ relata like 2602.10611 https://arxiv.org/abs/2602.10637v1
    changed 2; default: 2 liked, 0 disliked
    [0]

    $ relata unlike 2602.10158
    changed 1; default: 2 liked, 1 disliked
    [0]

    $ relata profile import mine.bib
    matched 1, added 0, unmatched 1, skipped 0
    liked 1 unmatched as texts (1 new, 1 by title alone)
    [0]

    $ relata profile list
    default: 2 liked, 1 disliked, 1 text
    [0]

    $ relata today -k 1
    2026-02-13: 7 papers, 4 new, none with a match of 50 or more (--nearest shows the nearest)
    [1]

    $ relata today -k 1 --nearest
    2026-02-13: 7 papers, 4 new, none with a match of 50 or more
      1   46  2602.11097  Statistical Learning Analysis of Physics-Informed Neural Networks
              https://arxiv.org/abs/2602.11097 · 2026-02-13 · cs.LG · David A. Barajas-Solano · like 2602.10611 · shares Physics-Informed Neural Networks, PINNs, residuals
              We study the training and performance of physics-informed learning for initial and boundary value problems (IBVP) with physics-informed neural networks (PINNs) from a statistical learning perspective.
    [1]

    $ relata today -k 1 --at-least 40 --format csv
    rank,id,title,authors,date,categories,url,doi,score,why,match
    1,2602.11097,Statistical Learning Analysis of Physics-Informed Neural Networks,David A. Barajas-Solano,2026-02-13,cs.LG,https://arxiv.org/abs/2602.11097,,9.947565,"like 2602.10611; shares Physics-Informed Neural Networks, PINNs, residuals",46.2
    [0]

    $ relata today 2026-02-13.md --category quant-ph
    2026-02-13: 0 papers, none new for the profile default
    [1]

    $ relata topics
       1       4  structure, nonlinear, modeling
                  2602.10637  Coarse-Grained Boltzmann Generators
                  2602.10451  A Multimodal Conditional Mixture Model with Distribution-Level Physics Priors
                  2602.10680  A solvable high-dimensional model where nonlinear autoencoders learn structure invisible to PCA while test loss misaligns with generalization
       2       2  physics-informed neural networks (PINNs), residual, equation
                  2602.11097  Statistical Learning Analysis of Physics-Informed Neural Networks
                  2602.10611  On the Role of Consistency Between Physics and Data in Physics-Informed Neural Networks
       3       1  scalar quantum field theories, transformer attention heads, suppresses connected non-Gaussian correlators
                  2602.10209  Neural Network Quantum Field Theory from Transformer Architectures
    7 papers: 3 topics, 2026-02-13 to 2026-02-13.
    [0]

    $ relata remove 2602.10158 2602.99999
    removed 1
    2602.99999 is not in the library
    [2]

    $ relata check
    6 papers, no problems
    [0]

    $ relata frobnicate
    error: unrecognized subcommand 'frobnicate'

    Usage: relata [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [2]
    "#);
}
