# General operators, in the TorchScript dialect that serialized modules use: functions by their
# full names, an else for every if, typed arguments. A name that ends in _ works in place.
class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def scale(self: __torch__.Operators, x: Tensor, factor: Tensor) -> Tensor:
    return torch.mul(x, factor)
  def add(self: __torch__.Operators, x: Tensor, y: Tensor) -> Tensor:
    return torch.add(x, y)
  def add_(self: __torch__.Operators, x: Tensor, y: Tensor) -> NoneType:
    _0 = torch.add_(x, y)
    return None
  def multiply_(self: __torch__.Operators, x: Tensor, factor: float) -> NoneType:
    _0 = torch.mul_(x, factor)
    return None
  def copy_(self: __torch__.Operators, target: Tensor, source: Tensor) -> NoneType:
    _0 = torch.copy_(target, source)
    return None
  def zero_(self: __torch__.Operators, x: Tensor) -> NoneType:
    _0 = torch.zero_(x)
    return None
  def rows(self: __torch__.Operators, x: Tensor, start: int, end: int) -> Tensor:
    return torch.slice(x, 0, start, end, 1)
  def squared_norm(self: __torch__.Operators, x: Tensor) -> Tensor:
    flat = torch.flatten(x)
    return torch.dot(flat, flat)
  def to_bfloat16(self: __torch__.Operators, x: Tensor) -> Tensor:
    return torch.to(x, 15)
  def to_float32(self: __torch__.Operators, x: Tensor) -> Tensor:
    return torch.to(x, 6)
