# frozen_string_literal: true

class LlmRouter
  module Database
    # From Trilogy 2.11 on, each method of a client unmasks interrupts: a timeout would cut off a charge that is on the
    # wire. While the ledger uses a client, it calls the methods below that. Their lock is not missed, for Active Record
    # has one for each connection.
    # @api private
    module PlainTrilogy
      HERE = :llm_router_plain_trilogy
      LOCK = Mutex.new
      private_constant :HERE, :LOCK

      module_function

      # @yield with clients that leave masks alone
      def use(&)
        return yield unless Object.const_defined?(:Trilogy)

        install_once(Trilogy) if Trilogy.const_defined?(:Synchronization, false)
        FiberLocal.set(HERE, true, &)
      end

      def install_once(client)
        return if client.const_defined?(:LlmRouterPlain, false)

        LOCK.synchronize { install(client) unless client.const_defined?(:LlmRouterPlain, false) }
      end

      # Beneath what others prepended to the client, such as traces of statements, which so see the ledger's.
      def install(client)
        methods = client::Synchronization.public_instance_methods(false).to_h { |name| [name, own(client, name)] }
        client::Synchronization.prepend(client.const_set(:LlmRouterPlain, Module.new do
          methods.each do |name, plain|
            define_method(name) do |*arguments, **options, &block|
              next super(*arguments, **options, &block) unless Thread.current[HERE]

              plain.bind_call(self, *arguments, **options, &block)
            end
          end
        end))
      end

      def own(client, name)
        method = client.instance_method(name)
        method = method.super_method until method.owner == client
        method
      end
    end
  end
end
