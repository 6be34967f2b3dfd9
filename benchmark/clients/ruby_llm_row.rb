# frozen_string_literal: true

require_relative "by_hand"
require_relative "ruby_llm"

# ruby_llm, with a cap kept by hand.
class RubyLlmRow < RubyLlm
  include ByHand
end
