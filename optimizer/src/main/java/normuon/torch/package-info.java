/**
 * The ground floor: the one place that touches DJL's internals (operators in TorchScript, autograd,
 * native memory) and the few types that models and optimizers share. It imports nothing of this
 * project.
 */
package normuon.torch;
