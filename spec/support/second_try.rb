# frozen_string_literal: true

require_relative "stalls"

# Runs an example again that failed while the machine stood still, for its time limits then say nothing. One that fails
# without that has failed.
module SecondTry
  # @param example [RSpec::Core::Example::Procsy]
  # @param instance [Object] that it runs in
  # @return [void]
  def self.run(example, instance)
    kept = instance.instance_variables.to_h { |name| [name, instance.instance_variable_get(name)] }
    tries = 0
    Stalls.outlive do
      reset(example.example, instance, kept) if (tries += 1) > 1
      example.run
      example.exception.nil?
    end
  end

  def self.reset(example, instance, kept)
    RSpec.configuration.reporter.message("#{example.location} is run again: the machine stood still. It failed with " \
                                         "#{example.exception.class}: #{example.exception.message}")
    example.instance_variable_set(:@exception, nil)
    (instance.instance_variables - kept.keys).each { |name| instance.remove_instance_variable(name) }
    kept.each { |name, value| instance.instance_variable_set(name, value) }
    instance.send(:__init_memoized)
  end
  private_class_method :reset
end
