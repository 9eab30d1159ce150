// Gives finish_registers(): one result of the block, or its statistics, from the first thread,
// unless the workgroup is one too many. Needs finish().
fn finish_registers(p: Place, thread: u32, k: vec4<u32>, e: Registers, t: RegisterTerms, stats: vec2<u32>) {
  finish(p, select(1u, thread, p.count > 0u), TEAM, stats);
}
