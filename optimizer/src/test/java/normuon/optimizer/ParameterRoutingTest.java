package normuon.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import normuon.optimizer.ParameterGroup.Settings;
import normuon.optimizer.ParameterRouting.NamePattern;
import normuon.torch.ParameterSpec;
import normuon.torch.Role;
import org.junit.jupiter.api.Test;

class ParameterRoutingTest {

  private static final ParameterSpec EMBEDDING = spec("embed.weight", Role.EMBEDDING, 65, 8);
  private static final ParameterSpec QUERY = spec("layers.0.q.weight", Role.MATRIX, 8, 8);
  private static final ParameterSpec KEY = spec("layers.0.k.weight", Role.MATRIX, 8, 8);
  private static final ParameterSpec GAIN = spec("layers.0.norm.weight", Role.VECTOR, 8);
  private static final ParameterSpec HEAD = spec("head.weight", Role.HEAD, 65, 8);
  private static final List<ParameterSpec> ALL = List.of(EMBEDDING, QUERY, KEY, GAIN, HEAD);
  private static final Settings NORMUON = new Settings(UpdateRule.NORMUON, 0.01, 0.1);
  private static final Settings ADAMW = new Settings(UpdateRule.ADAMW, 0.002, 0.1);
  private static final Settings SOPHIA = new Settings(UpdateRule.SOPHIA_G, 0.002, 0.1);
  private static final Settings UNDECAYED = new Settings(UpdateRule.ADAMW, 0.002, 0);

  @Test
  void withoutPatternsTheRoleDecidesAndVectorsDoNotDecay() {
    assertThat(routing().groups(ALL))
        .containsExactly(
            new ParameterGroup(NORMUON, List.of(QUERY, KEY)),
            new ParameterGroup(ADAMW, List.of(EMBEDDING, HEAD)),
            new ParameterGroup(UNDECAYED, List.of(GAIN)));
  }

  @Test
  void theFirstPatternThatFitsDecidesBeforeTheRole() {
    Settings slow = new Settings(UpdateRule.ADAMW, 0.001, 0.3);
    Settings fast = new Settings(UpdateRule.NORMUON, 0.05, 0);

    assertThat(
            routing(
                    new NamePattern("*.q.weight", slow),
                    new NamePattern("layers.*.weight", slow),
                    new NamePattern("head.weight", fast))
                .groups(ALL))
        .containsExactly(
            new ParameterGroup(slow, List.of(QUERY)),
            new ParameterGroup(slow, List.of(KEY, GAIN)),
            new ParameterGroup(fast, List.of(HEAD)),
            new ParameterGroup(ADAMW, List.of(EMBEDDING)));
  }

  @Test
  void onlyStarsHaveAMeaning() {
    assertThat(new NamePattern("layers.0.q.weight", ADAMW).fits(QUERY)).isTrue();
    assertThat(new NamePattern("*", ADAMW).fits(QUERY)).isTrue();
    assertThat(new NamePattern("layers*q*", ADAMW).fits(QUERY)).isTrue();
    assertThat(new NamePattern("layers.0.q", ADAMW).fits(QUERY)).isFalse();
    assertThat(new NamePattern("layers.0.q?weight", ADAMW).fits(QUERY)).isFalse();
    assertThat(new NamePattern("layers.0.q.weigh.", ADAMW).fits(QUERY)).isFalse();
  }

  @Test
  void refusesAPatternThatFitsNothing() {
    assertThatThrownBy(() -> routing(new NamePattern("*.v.weight", ADAMW)).groups(ALL))
        .hasMessage(
            "Invalid pattern \"*.v.weight\": must fit a parameter that no earlier pattern fits");
    assertThatThrownBy(
            () -> routing(new NamePattern("*", ADAMW), new NamePattern("*.q.*", ADAMW)).groups(ALL))
        .hasMessageStartingWith("Invalid pattern \"*.q.*\"");
  }

  @Test
  void refusesAVectorForNorMuon() {
    assertThatThrownBy(() -> routing(new NamePattern("*.norm.*", NORMUON)).groups(ALL))
        .hasMessage(
            "Invalid rule NORMUON for layers.0.norm.weight of shape [8]: must be ADAMW, SOPHIA_G"
                + " or SOPHIA_H for what is no matrix");
  }

  @Test
  void refusesAMatrixThatGoesToAdamWUndeclared() {
    List<ParameterGroup> misrouted =
        List.of(
            new ParameterGroup(NORMUON, List.of(QUERY)),
            new ParameterGroup(ADAMW, List.of(EMBEDDING, KEY, GAIN, HEAD)));

    assertThatThrownBy(() -> routing().requireDeclared(misrouted))
        .hasMessage(
            "Invalid rule ADAMW for the hidden matrix layers.0.k.weight: must be NORMUON, as no"
                + " pattern says otherwise");
    assertThatThrownBy(() -> routing(new NamePattern("*.k.*", SOPHIA)).requireDeclared(misrouted))
        .hasMessageContaining("ADAMW for the hidden matrix layers.0.k.weight: must be SOPHIA_G");
    assertThatThrownBy(
            () ->
                routing()
                    .requireDeclared(
                        List.of(
                            new ParameterGroup(NORMUON, List.of(QUERY)),
                            new ParameterGroup(SOPHIA, List.of(KEY)))))
        .hasMessageContaining("SOPHIA_G for the hidden matrix layers.0.k.weight: must be NORMUON");
    routing(new NamePattern("*.k.*", ADAMW)).requireDeclared(misrouted);
    new ParameterRouting(List.of(), ADAMW, ADAMW).requireDeclared(misrouted);
  }

  @Test
  void refusesBlocksThatDoNotDivideAMatrix() {
    Settings inThirds = new Settings(UpdateRule.NORMUON, 0.01, 0.1, new MatrixBlocks(3, 1));

    assertThatThrownBy(() -> routing(new NamePattern("*.k.*", inThirds)).groups(ALL))
        .hasMessage(
            "Invalid row_blocks 3 for layers.0.k.weight of shape [8, 8]: must divide its 8 rows");
  }

  @Test
  void refusesAModelWhoseMatricesLostTheirRole() {
    assertThatThrownBy(() -> routing().groups(List.of(EMBEDDING, GAIN, HEAD)))
        .hasMessage("Invalid parameters: none has the role MATRIX, for which the rule is NORMUON");
  }

  private static ParameterRouting routing(NamePattern... patterns) {
    return new ParameterRouting(List.of(patterns), NORMUON, ADAMW);
  }

  private static ParameterSpec spec(String name, Role role, long... shape) {
    return new ParameterSpec(name, shape, role);
  }
}
