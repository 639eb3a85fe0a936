package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import normuon.optimizer.ParameterGroup.Settings;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import org.junit.jupiter.api.Test;

class ParameterGroupTest {

  private static final ParameterSpec EMBEDDING = spec("embedding", Role.EMBEDDING, 65, 8);
  private static final ParameterSpec MATRIX = spec("matrix", Role.MATRIX, 8, 8);
  private static final ParameterSpec GAIN = spec("gain", Role.VECTOR, 8);
  private static final ParameterSpec HEAD = spec("head", Role.HEAD, 65, 8);
  private static final List<ParameterSpec> ALL = List.of(EMBEDDING, MATRIX, GAIN, HEAD);
  private static final Settings NORMUON = new Settings(UpdateRule.NORMUON, 0.01, 0.1);
  private static final Settings ADAMW = new Settings(UpdateRule.ADAMW, 0.002, 0);

  @Test
  void routesMatricesToOneRuleAndTheRestToAnother() {
    assertThat(ParameterGroup.byRole(ALL, NORMUON, ADAMW))
        .containsExactly(
            new ParameterGroup(NORMUON, List.of(MATRIX)),
            new ParameterGroup(ADAMW, List.of(EMBEDDING, GAIN, HEAD)));
  }

  @Test
  void keepsOneGroupIfAllHaveTheSameSettings() {
    assertThat(ParameterGroup.byRole(ALL, ADAMW, ADAMW))
        .containsExactly(new ParameterGroup(ADAMW, ALL));
  }

  @Test
  void leavesOutEmptyGroups() {
    assertThat(ParameterGroup.byRole(List.of(GAIN), NORMUON, ADAMW))
        .containsExactly(new ParameterGroup(ADAMW, List.of(GAIN)));
  }

  @Test
  void describesItselfInOneLine() {
    assertThat(ParameterGroup.byRole(ALL, NORMUON, ADAMW))
        .extracting(ParameterGroup::describe)
        .containsExactly(
            "NORMUON: learning rate 0.01, weight decay 0.1, 1 parameters (64 elements) {MATRIX=1}",
            "ADAMW: learning rate 0.002, weight decay 0.0, 3 parameters (1048 elements)"
                + " {EMBEDDING=1, HEAD=1, VECTOR=1}");
  }

  @Test
  void namesItsBlocks() {
    Settings byHeads = new Settings(UpdateRule.NORMUON, 0.01, 0.1, new MatrixBlocks(4, 1));

    assertThat(new ParameterGroup(byHeads, List.of(MATRIX)).describe())
        .isEqualTo(
            "NORMUON: learning rate 0.01, weight decay 0.1, row_blocks 4, 1 parameters (64"
                + " elements) {MATRIX=1}");
  }

  @Test
  void refusesRulesThatDoNotFit() {
    assertThatThrownBy(() -> ParameterGroup.byRole(ALL, NORMUON, NORMUON))
        .hasMessage(
            "Invalid rule NORMUON for parameters that are not matrices: must be ADAMW, SOPHIA_G or SOPHIA_H");
    Settings muon = new Settings(UpdateRule.MUON, 0.01, 0.1);
    assertThatThrownBy(() -> ParameterGroup.byRole(ALL, muon, muon))
        .hasMessage(
            "Invalid rule MUON for parameters that are not matrices: must be ADAMW, SOPHIA_G or SOPHIA_H");
    assertThatThrownBy(
            () -> ParameterGroup.byRole(List.of(spec("m", Role.MATRIX, 8)), NORMUON, ADAMW))
        .hasMessage("Invalid shape [8] of m: a parameter of role MATRIX must have two dimensions");
    assertThatThrownBy(() -> new Settings(UpdateRule.ADAMW, -0.1, 0))
        .hasMessage("Invalid learning rate -0.1: must be at least 0");
  }

  private static ParameterSpec spec(String name, Role role, long... shape) {
    return new ParameterSpec(name, shape, role);
  }
}
