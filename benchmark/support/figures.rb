# frozen_string_literal: true

# What was measured, printed as it comes in; and what should have been and was not.
class Figures
  WIDTH = 46
  private_constant :WIDTH

  # @return [Array<String>] the invariants that did not hold
  attr_reader :broken

  def initialize
    @broken = []
  end

  # @param text [String]
  # @param rows [Hash{String => Object}]
  def section(text, rows)
    puts "", text, "-" * text.size
    rows.each { |name, value| puts "  #{name.ljust(WIDTH)} #{words(value).rjust(26)}" }
    $stdout.flush
    @section = text
  end

  # @param what [String]
  # @param holds [Boolean]
  def check(what, holds)
    puts "  #{"#{what}?".ljust(WIDTH)} #{(holds ? 'yes' : 'NO').rjust(26)}"
    @broken << "#{@section}: #{what}" unless holds
  end

  private

  def words(value)
    case value
    when BigDecimal then "#{value.to_s('F')} USD"
    when Float then format("%.2f", value)
    else value.to_s
    end
  end
end
