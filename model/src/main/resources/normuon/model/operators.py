# The parts of the model, each as a forward operator and its hand-written backward operator, in the
# TorchScript dialect of serialized modules. A forward operator gives a list: first its output, then
# what its backward operator needs. A backward operator adds to the gradients of its weights and
# turns the gradient of its output, in place, into that of its input.
#
# N = sequences * length tokens, D = width, H = heads, K = key-value heads, d = head width, F = MLP width.
# Weight matrices are [outputs, inputs].
#
# Two formats of numbers: the wide one is that of the residual stream, of gains and of gradients; the
# narrow one, which may be the same, is that of weight matrices, and of what is multiplied with them.
class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # ids [sequences, length] -> [x [N, D]]
  def embed(self: __torch__.Operators, table: Tensor, ids: Tensor) -> List[Tensor]:
    return [torch.index_select(table, 0, torch.flatten(ids))]
  def embed_backward_(self: __torch__.Operators, gradient: List[Tensor], table_gradient: Tensor, ids: Tensor) -> NoneType:
    _0 = torch.index_add_(table_gradient, 0, torch.flatten(ids), gradient[0])
    return None

  # RMSNorm over the last dimension: y = x * r * gain with r = 1 / sqrt(mean(x * x) + epsilon).
  def normalize(self: __torch__.Operators, x: Tensor, gain: Tensor, epsilon: float) -> Tuple[Tensor, Tensor]:
    r = torch.linalg_vector_norm(x, 2, [-1], True)
    _0 = torch.rsqrt_(torch.add_(torch.div_(torch.mul_(r, r), torch.size(x, -1)), epsilon))
    y = torch.mul_(torch.mul(x, r), gain)
    return (y, r)
  # Overwrites dy, which may not be x or r, with dx = r * (dy * gain - x * r * mean(dy * gain * x * r)).
  def normalize_backward_(self: __torch__.Operators, dy: Tensor, x: Tensor, r: Tensor, gain: Tensor, gain_gradient: Tensor) -> Tensor:
    unit = torch.mul(x, r)
    product = torch.mul(dy, unit)
    _0 = torch.add_(gain_gradient, torch.sum(product, [0]))
    coefficient = torch.mul_(torch.div_(torch.unsqueeze(torch.mv(product, gain), 1), torch.size(x, -1)), r)
    return torch.addcmul_(torch.mul_(torch.mul_(dy, gain), r), unit, coefficient, value=-1)

  # x w^T
  def linear(self: __torch__.Operators, x: Tensor, weight: Tensor) -> Tensor:
    return torch.mm(x, torch.t(weight))
  # x + h w^T, with x wide and h narrow.
  def add_linear(self: __torch__.Operators, x: Tensor, h: Tensor, weight: Tensor) -> Tensor:
    if torch.eq(ops.prim.dtype(x), ops.prim.dtype(h)):
      y = torch.addmm(x, h, torch.t(weight))
    else:
      y = torch.add(x, torch.mm(h, torch.t(weight)))
    return y
  # Adds dy^T x, the gradient of a weight, to a wide sum. A sum of two formats makes a wide copy of
  # the narrow one, so that narrow products are made by blocks of rows.
  def add_gradient_(self: __torch__.Operators, sum: Tensor, dy: Tensor, x: Tensor) -> NoneType:
    if torch.eq(ops.prim.dtype(sum), ops.prim.dtype(x)):
      _0 = torch.addmm_(sum, torch.t(dy), x)
    else:
      rows = torch.size(sum, 0)
      for start in range(0, rows, 4096):
        end = ops.prim.min(torch.add(start, 4096), rows)
        product = torch.mm(torch.t(torch.slice(dy, 1, start, end)), x)
        _1 = torch.add_(torch.slice(sum, 0, start, end), product)
    return None

  # Rotates the pairs (i, i + d / 2) of every head of x [sequences, length, heads, d] by the position;
  # direction -1 rotates back. rotary = [cosine, signed sine], both [context, 1, d].
  def rotate(self: __torch__.Operators, x: Tensor, rotary: List[Tensor], direction: int) -> Tensor:
    cosine, sine = rotary
    length = torch.size(x, 1)
    swapped = torch.roll(x, [torch.floordiv(torch.size(x, 3), 2)], [3])
    turned = torch.mul(x, torch.slice(cosine, 0, 0, length, 1))
    return torch.addcmul_(turned, swapped, torch.slice(sine, 0, 0, length, 1), value=direction)

  # Repeats every head of x [sequences, K, length, d] for the queries that share it.
  def share(self: __torch__.Operators, x: Tensor, heads: int) -> Tensor:
    b, k, t, d = torch.size(x)
    if torch.eq(k, heads):
      y = x
    else:
      wide = torch.expand(torch.unsqueeze(x, 2), [b, k, torch.floordiv(heads, k), t, d])
      y = torch.reshape(wide, [b, heads, t, d])
    return y
  # Adds up what the copies got: [sequences, H, length, d] -> [sequences, length, K, d].
  def share_backward(self: __torch__.Operators, dy: Tensor, key_value_heads: int) -> Tensor:
    b, h, t, d = torch.size(dy)
    if torch.eq(h, key_value_heads):
      dx = torch.transpose(dy, 1, 2)
    else:
      groups = torch.reshape(dy, [b, key_value_heads, torch.floordiv(h, key_value_heads), t, d])
      dx = torch.transpose(torch.sum(groups, [2]), 1, 2)
    return dx

  # x + o(attention(normalize(x))). weights = [gain, q, k, v, o] or, with queries and keys
  # normalized per head, [gain, q, k, v, o, q gain, k gain]. The fused kernel is the one that
  # scaled_dot_product_attention takes on the processor; its narrow form is no faster forward and up to
  # five times slower backward, so that it gets wide copies of the narrow arrays that are kept.
  def attend(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], rotary: List[Tensor], sequences: int, heads: int, key_value_heads: int, epsilon: float) -> List[Tensor]:
    x = input[0]
    wide = ops.prim.dtype(x)
    narrow = ops.prim.dtype(weights[1])
    tokens = torch.size(x, 0)
    length = torch.floordiv(tokens, sequences)
    d = torch.floordiv(torch.size(weights[1], 0), heads)
    normalized, r = (self).normalize(x, weights[0], epsilon)
    y = torch.to(normalized, narrow)
    q_raw = torch.view((self).linear(y, weights[1]), [sequences, length, heads, d])
    k_raw = torch.view((self).linear(y, weights[2]), [sequences, length, key_value_heads, d])
    v_raw = torch.view((self).linear(y, weights[3]), [sequences, length, key_value_heads, d])
    if torch.gt(torch.len(weights), 5):
      q_unit, q_r = (self).normalize(torch.to(q_raw, wide), weights[5], epsilon)
      k_unit, k_r = (self).normalize(torch.to(k_raw, wide), weights[6], epsilon)
      head_norms = [q_raw, q_r, k_raw, k_r]
    else:
      q_unit = torch.to(q_raw, wide)
      k_unit = torch.to(k_raw, wide)
      head_norms = annotate(List[Tensor], [])
    q = torch.to(torch.transpose((self).rotate(q_unit, rotary, 1), 1, 2), narrow)
    k = (self).share(torch.to(torch.transpose((self).rotate(k_unit, rotary, 1), 1, 2), narrow), heads)
    v = (self).share(torch.transpose(v_raw, 1, 2), heads)
    attended, logsumexp = torch._scaled_dot_product_flash_attention_for_cpu(torch.to(q, wide), torch.to(k, wide), torch.to(v, wide), 0., True)
    mixed = torch.to(attended, narrow)
    output = (self).add_linear(x, torch.reshape(torch.transpose(mixed, 1, 2), [tokens, -1]), weights[4])
    return torch.add([output, x, y, r, q, k, v, mixed, logsumexp], head_norms)
  def attend_backward_(self: __torch__.Operators, gradient: List[Tensor], saved: List[Tensor], weights: List[Tensor], gradients: List[Tensor], rotary: List[Tensor], key_value_heads: int) -> NoneType:
    dx = gradient[0]
    x, y, r, q, k, v, mixed, logsumexp = torch.slice(saved, 1, 9, 1)
    wide = ops.prim.dtype(x)
    narrow = ops.prim.dtype(y)
    sequences, heads, length, d = torch.size(q)
    tokens = torch.size(x, 0)
    doutput = torch.to(dx, narrow)
    _0 = (self).add_gradient_(gradients[4], doutput, torch.reshape(torch.transpose(mixed, 1, 2), [tokens, -1]))
    dmixed = torch.transpose(torch.view(torch.to(torch.mm(doutput, weights[4]), wide), [sequences, length, heads, d]), 1, 2)
    dq, dk, dv = torch._scaled_dot_product_flash_attention_for_cpu_backward(dmixed, torch.to(q, wide), torch.to(k, wide), torch.to(v, wide), torch.to(mixed, wide), logsumexp, 0., True)
    dq_unit = (self).rotate(torch.transpose(dq, 1, 2), rotary, -1)
    dk_unit = (self).rotate((self).share_backward(dk, key_value_heads), rotary, -1)
    if torch.gt(torch.len(weights), 5):
      q_raw, q_r, k_raw, k_r = torch.slice(saved, 9, 13, 1)
      dq_flat = (self).normalize_backward_(torch.reshape(dq_unit, [-1, d]), torch.view(torch.to(q_raw, wide), [-1, d]), torch.view(q_r, [-1, 1]), weights[5], gradients[5])
      dk_flat = (self).normalize_backward_(torch.reshape(dk_unit, [-1, d]), torch.view(torch.to(k_raw, wide), [-1, d]), torch.view(k_r, [-1, 1]), weights[6], gradients[6])
    else:
      dq_flat = dq_unit
      dk_flat = dk_unit
    dq_raw = torch.to(torch.reshape(dq_flat, [tokens, -1]), narrow)
    dk_raw = torch.to(torch.reshape(dk_flat, [tokens, -1]), narrow)
    dv_raw = torch.to(torch.reshape((self).share_backward(dv, key_value_heads), [tokens, -1]), narrow)
    _1 = (self).add_gradient_(gradients[1], dq_raw, y)
    _2 = (self).add_gradient_(gradients[2], dk_raw, y)
    _3 = (self).add_gradient_(gradients[3], dv_raw, y)
    dy = torch.mm(dq_raw, weights[1])
    _4 = torch.addmm_(torch.addmm_(dy, dk_raw, weights[2]), dv_raw, weights[3])
    _5 = torch.add_(dx, (self).normalize_backward_(torch.to(dy, wide), x, r, weights[0], gradients[0]))
    return None

  # x + down(silu(gate(y)) * up(y)) with y = normalize(x); weights = [gain, gate, up, down]. What is
  # computed again for the backward operator needs no output: the input takes its place.
  def swiglu_again(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> List[Tensor]:
    x = input[0]
    gain, gate, up, down = weights
    normalized, r = (self).normalize(x, gain, epsilon)
    y = torch.to(normalized, ops.prim.dtype(gate))
    g = (self).linear(y, gate)
    u = (self).linear(y, up)
    s = torch.silu(g)
    return [x, x, y, r, g, u, s, torch.mul(s, u)]
  def swiglu(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> List[Tensor]:
    saved = (self).swiglu_again(input, weights, epsilon)
    return torch.add([(self).add_linear(input[0], saved[-1], weights[-1])], torch.slice(saved, 1))
  def swiglu_backward_(self: __torch__.Operators, gradient: List[Tensor], saved: List[Tensor], weights: List[Tensor], gradients: List[Tensor]) -> NoneType:
    dx = gradient[0]
    x, y, r, g, u, s, h = torch.slice(saved, 1, 8, 1)
    gain, gate, up, down = weights
    dgain, dgate, dup, ddown = gradients
    doutput = torch.to(dx, ops.prim.dtype(y))
    _0 = (self).add_gradient_(ddown, doutput, h)
    dh = torch.mm(doutput, down)
    du = torch.mul(dh, s)
    dg = torch.silu_backward(torch.mul_(dh, u), g)
    _1 = (self).add_gradient_(dgate, dg, y)
    _2 = (self).add_gradient_(dup, du, y)
    dy = torch.addmm_(torch.mm(dg, gate), du, up)
    _3 = torch.add_(dx, (self).normalize_backward_(torch.to(dy, ops.prim.dtype(x)), x, r, gain, dgain))
    return None

  # x + down(relu(up(y))^2) with y = normalize(x); weights = [gain, up, down].
  def squared_relu_again(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> List[Tensor]:
    x = input[0]
    gain, up, down = weights
    normalized, r = (self).normalize(x, gain, epsilon)
    y = torch.to(normalized, ops.prim.dtype(up))
    u = torch.relu_((self).linear(y, up))
    return [x, x, y, r, u, torch.mul(u, u)]
  def squared_relu(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> List[Tensor]:
    saved = (self).squared_relu_again(input, weights, epsilon)
    return torch.add([(self).add_linear(input[0], saved[-1], weights[-1])], torch.slice(saved, 1))
  def squared_relu_backward_(self: __torch__.Operators, gradient: List[Tensor], saved: List[Tensor], weights: List[Tensor], gradients: List[Tensor]) -> NoneType:
    dx = gradient[0]
    x, y, r, u, h = torch.slice(saved, 1, 6, 1)
    gain, up, down = weights
    dgain, dup, ddown = gradients
    doutput = torch.to(dx, ops.prim.dtype(y))
    _0 = (self).add_gradient_(ddown, doutput, h)
    du = torch.mul_(torch.mul_(torch.mm(doutput, down), u), 2)
    _1 = (self).add_gradient_(dup, du, y)
    dy = torch.to(torch.mm(du, up), ops.prim.dtype(x))
    _2 = torch.add_(dx, (self).normalize_backward_(dy, x, r, gain, dgain))
    return None

  # The output of a part alone, without what its backward operator needs.
  def output_of(self: __torch__.Operators, part: List[Tensor]) -> List[Tensor]:
    return [part[0]]

  # The last normalization, narrow; weights = [gain, head].
  def normalize_output(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float) -> Tensor:
    normalized, r = (self).normalize(input[0], weights[0], epsilon)
    return torch.to(normalized, ops.prim.dtype(weights[1]))
  # Logits are wide: softmax and cross-entropy are computed in them.
  def logits(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], epsilon: float, sequences: int) -> Tensor:
    y = (self).normalize_output(input, weights, epsilon)
    logits = torch.to((self).linear(y, weights[1]), ops.prim.dtype(input[0]))
    return torch.view(logits, [sequences, -1, torch.size(logits, 1)])
  # What follows has the logits of so many tokens at a time.
  # The mean cross-entropy in nats given targets [sequences, length].
  def cross_entropy(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], targets: Tensor, epsilon: float, chunk: int) -> Tensor:
    y = (self).normalize_output(input, weights, epsilon)
    index = torch.unsqueeze(torch.flatten(targets), 1)
    tokens = torch.size(y, 0)
    picked = torch.new_empty(input[0], [tokens, 1])
    for start in range(0, tokens, chunk):
      end = ops.prim.min(torch.add(start, chunk), tokens)
      logits = torch.to((self).linear(torch.slice(y, 0, start, end), weights[1]), ops.prim.dtype(picked))
      log_probabilities = torch.log_softmax(logits, -1)
      _0 = torch.copy_(torch.slice(picked, 0, start, end), torch.gather(log_probabilities, 1, torch.slice(index, 0, start, end)))
    return torch.neg(torch.mean(picked))
  # Adds the gradients of weight * loss: [gradient of the input, loss].
  def cross_entropy_backward(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], gradients: List[Tensor], targets: Tensor, weight: float, epsilon: float, chunk: int) -> List[Tensor]:
    x = input[0]
    gain, head = weights
    wide = ops.prim.dtype(x)
    narrow = ops.prim.dtype(head)
    normalized, r = (self).normalize(x, gain, epsilon)
    y = torch.to(normalized, narrow)
    dy = torch.empty_like(y)
    index = torch.unsqueeze(torch.flatten(targets), 1)
    tokens = torch.size(y, 0)
    picked = torch.new_empty(x, [tokens, 1])
    for start in range(0, tokens, chunk):
      end = ops.prim.min(torch.add(start, chunk), tokens)
      y_chunk = torch.slice(y, 0, start, end)
      index_chunk = torch.slice(index, 0, start, end)
      log_probabilities = torch.log_softmax(torch.to((self).linear(y_chunk, head), wide), -1)
      picked_chunk = torch.gather(log_probabilities, 1, index_chunk)
      _0 = torch.copy_(torch.slice(picked, 0, start, end), picked_chunk)
      difference = torch.scatter_add_(torch.exp_(log_probabilities), 1, index_chunk, torch.fill_(picked_chunk, -1))
      dlogits = torch.to(torch.mul_(difference, torch.div(weight, tokens)), narrow)
      _1 = (self).add_gradient_(gradients[1], dlogits, y_chunk)
      _2 = torch.mm(dlogits, head, out=torch.slice(dy, 0, start, end))
    loss = torch.neg(torch.mean(picked))
    return [(self).normalize_backward_(torch.to(dy, wide), x, r, gain, gradients[0]), loss]
  # Labels drawn from the predictions by inversion, one uniform number in [0, 1) per token.
  def sample_targets(self: __torch__.Operators, input: List[Tensor], weights: List[Tensor], uniforms: Tensor, epsilon: float, chunk: int) -> Tensor:
    y = (self).normalize_output(input, weights, epsilon)
    flat = torch.unsqueeze(torch.flatten(uniforms), 1)
    tokens = torch.size(y, 0)
    targets = torch.empty([tokens, 1], dtype=4, device=ops.prim.device(y))
    for start in range(0, tokens, chunk):
      end = ops.prim.min(torch.add(start, chunk), tokens)
      logits = (self).linear(torch.slice(y, 0, start, end), weights[1])
      cumulative = torch.cumsum(torch.softmax(torch.to(logits, 7), -1), -1)
      marks = torch.mul(torch.slice(flat, 0, start, end), torch.slice(cumulative, 1, -1))
      drawn = torch.searchsorted(cumulative, marks, right=True)
      _0 = torch.copy_(torch.slice(targets, 0, start, end), torch.clamp_max(drawn, torch.sub(torch.size(logits, 1), 1)))
    return torch.view(targets, torch.size(uniforms))
  def second_as_number(self: __torch__.Operators, arrays: List[Tensor]) -> float:
    return float(arrays[1])

  def as_number(self: __torch__.Operators, array: Tensor) -> float:
    return float(array)
  # Narrow copies of the matrices among the weights of a part; gains are as they are.
  def narrow(self: __torch__.Operators, weights: List[Tensor]) -> List[Tensor]:
    copies = annotate(List[Tensor], [])
    for weight in weights:
      if torch.eq(torch.dim(weight), 2):
        copy = torch.to(weight, 15)
      else:
        copy = weight
      _0 = torch.append(copies, copy)
    return copies
  def narrow_(self: __torch__.Operators, copies: List[Tensor], weights: List[Tensor]) -> NoneType:
    for i in range(torch.len(copies)):
      if torch.eq(torch.dim(weights[i]), 2):
        _0 = torch.copy_(copies[i], weights[i])
      else:
        pass
    return None
  def zero_(self: __torch__.Operators, arrays: List[Tensor]) -> NoneType:
    for i in range(torch.len(arrays)):
      _0 = torch.zero_(arrays[i])
    return None
