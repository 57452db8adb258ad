"""Self-Synthesized Rehearsal (Huang et al., ACL 2024, arXiv 2403.01244): the base model writes requests like those of
earlier tasks (`synthesis`), the most varied are chosen (`selection`), the latest model answers them (`refinement`), and
the next training mixes them in, so that what was learnt earlier is kept without keeping the data. `rehearse` is the
step, `store` what is kept between trainings."""
