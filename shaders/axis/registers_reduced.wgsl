// Gives finish_registers(): one result of the block, or its statistics, from the first thread,
// unless the workgroup is one too many. Needs finish().
fn finish_registers(p: Place, thread: u32, k: vec4<u32>, e: Registers, t: RegisterTerms, own_row: OfRow, stats: Stats) {
  if (thread == 0u && p.count > 0u) {
    finish(p, stats);
  }
}
