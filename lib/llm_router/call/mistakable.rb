# frozen_string_literal: true

require "timeout"

class LlmRouter
  # Interrupts that look like errors of a budget, and so are deferred while a gate runs whose errors are rescued. Not a
  # plain Timeout: it leaves the gate as a throw, or on later Rubies as an exception that is no StandardError.
  # @api private
  module Mistakable
    DEFERRED = { StandardError => :never, ScriptError => :never }.compare_by_identity
    DEFERRED[Timeout::Error] = :immediate unless Timeout.const_defined?(:ExitException)
    DEFERRED.freeze
  end
end
